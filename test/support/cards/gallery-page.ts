/** The page of the local Teams, asked for its renderer and its styles alone: one card at a time, as Teams would draw it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser, openPage } from '../browser/browser.ts';
import { startLocalTeams } from '../teams/local-teams.ts';

export interface Gallery {
  open(view: { theme: 'light' | 'dark'; forcedColors?: boolean; scale?: number }): Promise<Page>;
  /** What went wrong on its pages so far, but for the bot that nobody asked for. */
  wrong(): readonly string[];
  end(): Promise<void>;
}

export async function openGallery(chromium: string): Promise<Gallery> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cmk-gallery-'));
  // Nobody answers there.
  const teams = await startLocalTeams({ dataDir, botUrl: 'http://127.0.0.1:9/api/messages' });
  const browser = await openBrowser(chromium);
  const wrong: string[][] = [];
  return {
    async open(view) {
      const opened = await openPage(browser, teams.url, { width: 900, height: 1400, ...view });
      await opened.page.waitForFunction('window.AdaptiveCards !== undefined');
      await opened.page.evaluate(`import('/page/card.js').then(({ ShownCard }) => {
        window.ShownCard = ShownCard;
        document.getElementById('app').style.display = 'none';
        document.body.style.cssText = 'display:block; overflow:auto; padding:8px';
      })`);
      wrong.push(opened.wrong);
      return opened.page;
    },
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

export const waysOf = (card: unknown): readonly Drawn[] => [
  ...(has(card, 'Action.ToggleVisibility') ? (['open'] as const) : []),
  ...(has(card, 'Action.ShowCard') ? (['panels'] as const) : []),
  'folded',
];

/** Draws a card as `#shown` and tells what stands out of it to the right, or is cut. */
export const drawCard = (page: Page, card: unknown, width: number, way: Drawn): Promise<readonly string[]> =>
  page.evaluate(`(() => {
    const host = document.createElement('div');
    host.className = 'card';
    host.id = 'shown';
    host.style.width = '${width}px';
    document.getElementById('shown')?.remove();
    document.body.append(host);
    const shown = new window.ShownCard(host, { click: async () => {}, search: async () => [] });
    shown.show(${JSON.stringify(card)}, true);
    if ('${way}' === 'open') for (const one of host.querySelectorAll('[style*="display: none"]')) one.style.display = '';
    const panels = shown.card.getAllActions().filter((action) => action.getJsonTypeName() === 'Action.ShowCard');
    if ('${way}' === 'panels') for (const button of new Set(panels.map((one) => one.renderedElement))) button.click();
    const edge = host.getBoundingClientRect().right;
    return [...host.querySelectorAll('*')].filter((one) => {
      const { right, width } = one.getBoundingClientRect();
      const isCut = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible';
      return width > 0 && (right > edge + 0.5 || (isCut && !/INPUT|SELECT|TEXTAREA/.test(one.tagName)));
    }).map((one) => one.tagName + ' ' + one.className + ': ' + one.textContent.slice(0, 60));
  })()`);
