import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { systemIsHidden } from '../processes/system-programs.ts';
import { environmentOf, packagedChromium } from './packaged-chromium.ts';

/** A real Chromium: the machine's own, found where systems put it or named by `CMK_TEST_CHROMIUM`. */

const usualPlaces = [
  process.env.CMK_TEST_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

const find = (): string | undefined => usualPlaces.find((path) => path !== undefined && existsSync(path));

/**
 * The browser's path: the machine's own, else the one that npm brought. Where there is neither, says so aloud, returns null,
 * and throws where `CI` is set, for there a run counts.
 */
export async function chromiumPath(): Promise<string | null> {
  const path = (systemIsHidden() ? undefined : find()) ?? (await packagedChromium());
  if (path !== null) return path;
  const text =
    'NOT RUN: the browser tests. No Chromium was found and npm has none for this machine; set CMK_TEST_CHROMIUM.';
  if (process.env.CI) throw new Error(text);
  process.stderr.write(`\n${text}\n\n`);
  return null;
}

/** Flags of a browser that speaks to nobody but the page, also as root. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const openBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: flags, env: { ...process.env, ...environmentOf(executablePath) } });

/** A page that fails the test on any request that leaves this machine. Its console errors are kept. */
export async function openPage(
  browser: Browser,
  url: string,
  view: {
    readonly width: number;
    readonly height: number;
    readonly theme?: 'light' | 'dark';
    /** Pixels of the picture for each of the page's; 1 unless set. */
    readonly scale?: number;
  },
): Promise<{ readonly page: Page; readonly wrong: string[] }> {
  const { width, height, theme, scale } = view;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme ?? 'light',
    deviceScaleFactor: scale ?? 1,
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol !== 'data:' && !['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
      wrong.push(`asked ${request.url()}`);
  });
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(message.text());
  });
  await page.goto(url);
  return { page, wrong };
}
