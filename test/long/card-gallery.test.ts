import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from '../support/browser/browser.ts';
import { galleryCards } from '../support/cards/gallery-cards.ts';
import { drawCard, type Gallery, misfitsOf, openGallery, waysOf } from '../support/cards/gallery-page.ts';

/** Every card in every state, drawn by the renderer of the page. `CMK_GALLERY=DIR` keeps a picture of each. */

const path = await chromiumPath();
const inBrowser = path === null ? describe.skip : describe;
const pictures = process.env.CMK_GALLERY;
const cards = await galleryCards();
const cardNamed = (name: string) => cards.find((one) => one.name === name)?.card;
const widths = [360, 620];

inBrowser('every card', () => {
  let gallery: Gallery;
  const pages: Page[] = [];

  beforeAll(async () => {
    gallery = await openGallery(path ?? '');
    for (const theme of ['light', 'dark'] as const) pages.push(await gallery.open({ theme }));
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  });
  afterAll(async () => {
    await gallery?.end();
  });

  test.each(cards)('$name fits a phone and a desktop, in both themes', async ({ name, card }) => {
    expect(await Promise.all(pages.map((page) => misfitsOf(page, card, widths)))).toEqual(pages.map(() => []));
    if (pictures === undefined) return;
    for (const [n, page] of pages.entries()) {
      for (const width of widths) {
        for (const way of waysOf(card)) {
          await drawCard(page, card, width, way);
          const file = `${pictures}/${name}${way === 'folded' ? '' : `.${way}`}.${n === 0 ? 'light' : 'dark'}.${width}.png`;
          await page.locator('#shown').screenshot({ path: file });
        }
      }
    }
  });

  test('what is too wide, or cut, is found at the width and in the way it is', async () => {
    const [page] = pages;
    if (page === undefined) throw new Error('no page');
    const text = { type: 'TextBlock', text: 'A text' };
    const wide = { type: 'ColumnSet', columns: [{ type: 'Column', width: '500px', items: [text] }] };
    const toggle = { type: 'Action.ToggleVisibility', title: 'More', targetElements: ['more'] };
    const panel = { type: 'Action.ShowCard', title: 'Panel', card: { type: 'AdaptiveCard', body: [wide] } };
    const cardWith = (...body: readonly object[]) => ({ type: 'AdaptiveCard', version: '1.5', body: [text, ...body] });
    const found = async (...body: readonly object[]) =>
      new Set((await misfitsOf(page, cardWith(...body), widths)).map((line) => line.split(':')[0]));
    const hidden = { type: 'Container', id: 'more', isVisible: false, items: [wide] };
    const actions = (action: object) => ({ type: 'ActionSet', actions: [action] });
    expect(await found()).toEqual(new Set());
    expect(await found(wide)).toEqual(new Set(['folded, 360 wide']));
    expect(await found(hidden, actions(toggle))).toEqual(new Set(['open, 360 wide']));
    expect(await found(actions(panel))).toEqual(new Set(['panels, 360 wide']));
  });

  test('what asks for a reason opens below its button, and says what the reason is for', async () => {
    const [page] = pages;
    if (page === undefined) throw new Error('no page');
    for (const [name, label] of [
      ['awaiting-approval.approver', 'Reason (the requester sees this)'],
      ['needs-attention.requester', 'Reason (everyone with access can see this)'],
    ] as const) {
      const field = page.locator('#shown').getByLabel(label);
      await drawCard(page, cardNamed(name), 360, 'folded');
      expect(await field.isVisible()).toBe(false);
      await drawCard(page, cardNamed(name), 360, 'panels');
      expect(await field.isVisible()).toBe(true);
    }
  });

  test('how far a run is is drawn as Teams draws it, with a name for who does not see it', async () => {
    const [page] = pages;
    if (page === undefined) throw new Error('no page');
    await drawCard(page, cardNamed('running.requester'), 620, 'folded');
    const bar = page.locator('#shown').getByRole('progressbar', { name: 'Progress' });
    expect([await bar.getAttribute('value'), await bar.getAttribute('max')]).toEqual(['1', '5']);
    expect(await page.locator('#shown').textContent()).not.toContain('┈');
  });

  test('where the system chooses the colors, it draws the bar', async () => {
    const page = await gallery.open({ theme: 'dark', forcedColors: true });
    await drawCard(page, cardNamed('running.requester'), 620, 'folded');
    expect(await page.evaluate("getComputedStyle(document.querySelector('#shown progress')).appearance")).toBe('auto');
    await page.close();
  });

  test('drawing them went without an error', () => {
    expect(gallery.wrong()).toEqual([]);
  });
});
