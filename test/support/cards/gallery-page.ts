/** The page of the Teams simulator, used for its renderer and its styles alone: one card at a time, as Teams would draw it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser, openPage } from '../browser/browser.ts';
import { startLocalTeams } from '../teams/local-teams.ts';

export type Gallery = Awaited<ReturnType<typeof openGallery>>;

export async function openGallery(chromium: string) {
  const dataDir = await mkdtemp(join(tmpdir(), 'cmk-gallery-'));
  // Nobody answers there.
  const teams = await startLocalTeams({ dataDir, botUrl: 'http://127.0.0.1:9/api/messages' });
  const browser = await openBrowser(chromium);
  const wrong: string[][] = [];
  return {
    async open(view: { theme: 'light' | 'dark'; scale: number }): Promise<Page> {
      const opened = await openPage(browser, teams.url, { width: 900, height: 1400, ...view });
      await opened.page.waitForFunction('window.AdaptiveCards !== undefined');
      await opened.page.evaluate(`import('/page/card.ts').then(({ ShownCard }) => {
        window.ShownCard = ShownCard;
        ${drawing}
        document.getElementById('app').style.display = 'none';
        document.body.style.cssText = 'display:block; overflow:auto; padding:8px';
      })`);
      wrong.push(opened.wrong);
      return opened.page;
    },
    /** What went wrong on its pages so far, but for the bot that isn't there. */
    wrong: () => wrong.flat().filter((line) => !/ERR_|Failed to load|EventSource/.test(line)),
    async end() {
      await browser.close();
      await teams.kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** `folded`: as it comes; `open`: everything unfolded; `panels`: with what its buttons open below them. */
export type Drawn = 'folded' | 'open' | 'panels';

const has = (card: unknown, action: string): boolean => JSON.stringify(card).includes(`"${action}"`);

/** Panels are last: they aren't taken back. */
export const waysOf = (card: unknown): readonly Drawn[] => [
  'folded',
  ...(has(card, 'Action.ToggleVisibility') ? (['open'] as const) : []),
  ...(has(card, 'Action.ShowCard') ? (['panels'] as const) : []),
];

/** Runs in the page: renders a card as `#shown`, brings it into one of the ways, and finds what doesn't fit. */
const drawing = `
  window.render = (card) => {
    const host = document.createElement('div');
    host.className = 'card';
    host.id = 'shown';
    document.getElementById('shown')?.remove();
    document.body.append(host);
    const shown = new ShownCard(host, { click: async () => {}, search: async () => [] });
    shown.show(card, true);
    return { host, shown };
  };
  /** Returns what takes it back to folded. Panels stay. */
  window.bring = ({ host, shown }, way) => {
    const hidden = way === 'open' ? [...host.querySelectorAll('[style*="display: none"]')] : [];
    for (const one of hidden) one.style.display = '';
    const panels = shown.card.getAllActions().filter((action) => action.getJsonTypeName() === 'Action.ShowCard');
    if (way === 'panels') for (const button of new Set(panels.map((one) => one.renderedElement))) button.click();
    return () => { for (const one of hidden) one.style.display = 'none'; };
  };
  window.unfit = ({ host }, width) => {
    host.style.width = width + 'px';
    const edge = host.getBoundingClientRect().right;
    return [...host.querySelectorAll('*')].filter((one) => {
      const { right, width } = one.getBoundingClientRect();
      const isCut = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible';
      return width > 0 && (right > edge + 0.5 || (isCut && !/INPUT|SELECT|TEXTAREA/.test(one.tagName)));
    }).map((one) => one.tagName + ' ' + one.className + ': ' + one.textContent.slice(0, 60));
  };`;

/** Draws a card as `#shown` and returns what is too wide, or cut. */
export const drawCard = (page: Page, card: unknown, width: number, way: Drawn): Promise<readonly string[]> =>
  page.evaluate(`(() => {
    const drawn = window.render(${JSON.stringify(card)});
    window.bring(drawn, '${way}');
    return window.unfit(drawn, ${width});
  })()`);

/**
 * Draws a card once, and returns what doesn't fit at these widths in any of its ways. Rendering takes most of the time, and the
 * layout at a width is the same as that of a card rendered at this width.
 */
export const misfitsOf = (page: Page, card: unknown, widths: readonly number[]): Promise<readonly string[]> =>
  page.evaluate(`(() => {
    const drawn = window.render(${JSON.stringify(card)});
    const count = drawn.host.querySelectorAll('.ac-adaptiveCard').length;
    const misfits = count === 1 ? [] : [count + ' cards were drawn'];
    for (const way of ${JSON.stringify(waysOf(card))}) {
      const fold = window.bring(drawn, way);
      for (const width of ${JSON.stringify(widths)})
        misfits.push(...window.unfit(drawn, width).map((one) => way + ', ' + width + ' wide: ' + one));
      fold();
    }
    return misfits;
  })()`);
