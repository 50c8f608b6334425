import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

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

/** Where Debian's packages can be installed, that is done; elsewhere a person has to. */
function install(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const run = (...args: string[]) =>
    execFileSync('apt-get', args, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  try {
    run('update');
    run('install', '-y', '--no-install-recommends', 'chromium', 'fonts-liberation');
  } catch {
    // Said by the caller.
  }
}

/** The browser's path, or null after saying loudly why the browser tests do not run. In CI that is a failure. */
export function chromiumPath(): string | null {
  if (find() === undefined) install();
  const path = find();
  if (path !== undefined) return path;
  const text = 'NOT RUN: the browser tests. No Chromium was found and none could be installed; set CMK_TEST_CHROMIUM.';
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
  chromium.launch({ executablePath, args: flags });

/** A page that fails the test on any request that leaves this machine. Its console errors are kept. */
export async function openPage(
  browser: Browser,
  url: string,
  view: { readonly width: number; readonly height: number; readonly theme?: 'light' | 'dark' },
): Promise<{ readonly page: Page; readonly wrong: string[] }> {
  const { width, height, theme } = view;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme ?? 'light',
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
