import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { chromiumPath } from '../support/browser/browser.ts';
import { expectCurrentPicture, keepPicture } from '../support/browser/kept-pictures.ts';
import { galleryCards } from '../support/cards/gallery.ts';
import { type Drawn, drawCard, type Gallery, misfitsOf, openGallery } from '../support/cards/gallery-page.ts';

/**
 * Cards of the bot, drawn by the page in a real browser: every one fits, and some are the pictures of the documentation.
 * `UPDATE_PICTURES=1 npm test -- test/browser` takes them again. A test fails if a card has changed since.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}docs/pictures/`;
const path = await chromiumPath();
const inBrowser = path === null ? describe.skip : describe;
const cards = await galleryCards();

const phone = 360;
const desktop = 620;
const pictures: readonly (readonly [name: string, card: string, width: number, way: Drawn])[] = [
  ['approval', 'awaiting-approval.approver', desktop, 'folded'],
  ['approval-phone', 'awaiting-approval.approver', phone, 'folded'],
  ['reject-phone', 'awaiting-approval.approver', phone, 'panels'],
  ['review', 'form-review.ready', desktop, 'folded'],
  ['running', 'running-spreading.requester', desktop, 'folded'],
  ['running-phone', 'running-spreading.requester', phone, 'folded'],
  ['needs-attention', 'needs-attention.requester', desktop, 'folded'],
  ['succeeded', 'succeeded.requester', desktop, 'folded'],
  ['use-sought', 'succeeded-use-sought.requester', desktop, 'folded'],
  ['use-seen', 'succeeded-use-seen.requester', desktop, 'folded'],
  ['rejected', 'rejected-with-comment.requester', desktop, 'folded'],
  ['overview', 'resources.all', desktop, 'folded'],
  ['drift', 'drift.key-stripped', desktop, 'folded'],
  ['drift-phone', 'drift.key-deleted', phone, 'folded'],
  ['drift-expires', 'drift.key-expires', desktop, 'folded'],
  ['repair', 'form-review.repair', desktop, 'folded'],
  ['requests', 'list.mixed', desktop, 'folded'],
  ['history', 'history.rotation', desktop, 'folded'],
  ['typo', 'refusal.typo', desktop, 'folded'],
];

inBrowser('the pictures', () => {
  let gallery: Gallery;
  let pages: Readonly<Record<'light' | 'dark', Page>>;

  beforeAll(async () => {
    gallery = await openGallery(path ?? '');
    const open = (theme: 'light' | 'dark') => gallery.open({ theme, scale: 2 });
    pages = { light: await open('light'), dark: await open('dark') };
  });
  afterAll(async () => {
    await gallery?.end();
  });

  test.each(pictures)('%s is drawn without anything cut, in both themes', async (name, ofCard, width, way) => {
    const card = cards.find((one) => one.name === ofCard)?.card;
    if (card === undefined) throw new Error(`there is no card ${ofCard}`);
    for (const [theme, page] of Object.entries(pages)) {
      expect(await drawCard(page, card, width, way)).toEqual([]);
      await keepPicture(`${name}.${theme}`, () => page.locator('#shown').screenshot({ animations: 'disabled' }));
    }
    expectCurrentPicture(name, card);
  });

  test('every other card fits a phone and a desktop, too', async () => {
    const misfits: Record<string, readonly string[]> = {};
    for (const { name, card } of cards) misfits[name] = await misfitsOf(pages.light, card, [phone, desktop]);
    expect(misfits).toEqual(Object.fromEntries(cards.map(({ name }) => [name, []])));
    expect(gallery.wrong()).toEqual([]);
  });
});

const pages = [
  'README.md',
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' }).map((one) => `docs/${one}`),
];
const text = pages
  .filter((name) => name.endsWith('.md'))
  .map((name) => readFileSync(root + name, 'utf8'))
  .join('\n');
const named = [...new Set([...text.matchAll(/pictures\/([\w.-]+\.(?:png|svg))/g)].map(([, name = '']) => name))].sort();
test('docs/pictures has every picture that a page shows, and no other, each in less than 150 kB', () => {
  expect(readdirSync(folder).sort()).toEqual(named);
  expect(named.filter((name) => statSync(folder + name).size > 150_000)).toEqual([]);
});
