import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, openBrowser, openPage } from '../support/browser.ts';
import { galleryCards } from '../support/gallery-cards.ts';
import { type LocalTeamsProcess, startLocalTeams } from '../support/local-teams.ts';

/** Every card in every state, drawn by the renderer of the page. `CMK_GALLERY=DIR` keeps a picture of each. */

const path = await chromiumPath();
const inBrowser = path === null ? describe.skip : describe;
const pictures = process.env.CMK_GALLERY;
const cards = await galleryCards();
const widths = [360, 620];

inBrowser('every card', () => {
  let dataDir: string;
  let teams: LocalTeamsProcess;
  let browser: Browser;
  const pages: Page[] = [];
  const wrong: string[][] = [];

  /** A page that has the renderer and nothing else. */
  const openEmpty = async (view: { theme: 'light' | 'dark'; forcedColors?: boolean }): Promise<Page> => {
    const opened = await openPage(browser, teams.url, { width: 900, height: 1400, ...view });
    await opened.page.waitForFunction('window.AdaptiveCards !== undefined');
    await opened.page.evaluate(`import('/page/card.js').then(({ ShownCard }) => {
      window.ShownCard = ShownCard;
      document.getElementById('app').style.display = 'none';
      document.body.style.cssText = 'display:block; overflow:auto; padding:8px';
    })`);
    wrong.push(opened.wrong);
    return opened.page;
  };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'cmk-gallery-'));
    // Nobody answers there: the page is only asked for its renderer and its styles.
    teams = await startLocalTeams({ dataDir, botUrl: 'http://127.0.0.1:9/api/messages' });
    browser = await openBrowser(path ?? '');
    for (const theme of ['light', 'dark'] as const) pages.push(await openEmpty({ theme }));
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  });
  afterAll(async () => {
    await browser?.close();
    await teams?.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Draws a card, folded or with everything unfolded, and says what stands out of it to the right or is cut. */
  const draw = (page: Page, card: unknown, width: number, open: boolean): Promise<readonly string[]> =>
    page.evaluate(`(() => {
      const host = document.createElement('div');
      host.className = 'card';
      host.id = 'shown';
      host.style.width = '${width}px';
      document.getElementById('shown')?.remove();
      document.body.append(host);
      new window.ShownCard(host, { click: async () => {}, search: async () => [] }).show(${JSON.stringify(card)}, true);
      if (${open}) for (const one of host.querySelectorAll('[style*="display: none"]')) one.style.display = '';
      const edge = host.getBoundingClientRect().right;
      return [...host.querySelectorAll('*')].filter((one) => {
        const { right, width } = one.getBoundingClientRect();
        const isCut = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible';
        return width > 0 && (right > edge + 0.5 || (isCut && !/INPUT|SELECT|TEXTAREA/.test(one.tagName)));
      }).map((one) => one.tagName + ' ' + one.className + ': ' + one.textContent.slice(0, 60));
    })()`);

  const folds = (card: unknown): boolean => JSON.stringify(card).includes('Action.ToggleVisibility');

  test.each(cards)('$name fits a phone and a desktop, in both themes', async ({ name, card }) => {
    for (const [n, page] of pages.entries()) {
      for (const width of widths) {
        for (const open of folds(card) ? [true, false] : [false]) {
          expect(await draw(page, card, width, open)).toEqual([]);
          expect(await page.locator('#shown .ac-adaptiveCard').count()).toBe(1);
          if (pictures === undefined) continue;
          const file = `${pictures}/${name}${open ? '.open' : ''}.${n === 0 ? 'light' : 'dark'}.${width}.png`;
          await page.locator('#shown').screenshot({ path: file });
        }
      }
    }
  });

  const cardNamed = (name: string) => cards.find((one) => one.name === name)?.card;

  test('how far a run is and how keys stand are drawn as Teams draws them, with names for who does not see them', async () => {
    const [page] = pages;
    if (page === undefined) throw new Error('no page');
    await draw(page, cardNamed('running.requester'), 620, false);
    const bar = page.locator('#shown [role="progressbar"]');
    expect(await bar.getAttribute('aria-label')).toBe('Progress');
    expect(await bar.getAttribute('aria-valuetext')).toBe('1 of 5');
    const [whole, done] = [await bar.boundingBox(), await bar.locator('.progress-done').boundingBox()];
    expect((done?.width ?? 0) / (whole?.width ?? 1)).toBeCloseTo(0.2);
    expect(await page.locator('#shown').textContent()).not.toContain('▱');
    await draw(page, cardNamed('agents.all'), 620, false);
    expect(await page.locator('#shown svg[role="img"]').getAttribute('aria-label')).toContain('1 Needs attention');
  });

  test('where the system chooses the colours, bar and ring can still be told apart', async () => {
    const page = await openEmpty({ theme: 'dark', forcedColors: true });
    const backgrounds = (selector: string) =>
      page.evaluate<string[]>(
        `[...document.querySelectorAll('#shown ${selector}')].map((one) => getComputedStyle(one).backgroundColor)`,
      );
    await draw(page, cardNamed('running.requester'), 620, false);
    expect(await backgrounds('.progress')).not.toEqual(await backgrounds('.progress-done'));
    await draw(page, cardNamed('agents.all'), 620, false);
    const dots = await backgrounds('.chart-dot');
    expect(dots.length).toBeGreaterThan(3);
    expect(new Set(dots).size).toBe(dots.length);
    await page.close();
  });

  test('drawing them went without an error', () => {
    expect(wrong.flat().filter((line) => !/ERR_|Failed to load|EventSource/.test(line))).toEqual([]);
  });
});
