import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { discard, http, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { clientsOf, giveIdentity, readAgent } from '../support/azure/local-azure-clients.ts';
import { agentId } from '../support/azure/local-azure-names.ts';
import { chromiumPath, openBrowser, openPage } from '../support/browser/browser.ts';
import { type LocalTeamsProcess, startLocalTeams } from '../support/teams/local-teams.ts';

/** The panel at the right of the page: what local Azure holds, and the switches for people who evaluate the bot. */

const agent = agentId('triage-agent-prod');
const path = await chromiumPath();
/** A second, and another for a busy machine. */
const soon = 2_000;
const inBrowser = path === null ? describe.skip : describe;

let dataDir: string;
let azure: RunningAzure;
let teams: LocalTeamsProcess;

beforeAll(async () => {
  azure = await startAzure({ latency: 'realistic' });
  dataDir = mkdtempSync(join(tmpdir(), 'local-teams-'));
  teams = await startLocalTeams({
    dataDir,
    botUrl: 'http://127.0.0.1:9/api/messages',
    azureUrl: azure.url,
    azureCaFile: join(azure.dataDir, 'ca.pem'),
  });
});

afterAll(async () => {
  await teams.stop();
  await discard(azure);
  rmSync(dataDir, { recursive: true, force: true });
});

const latency = async (): Promise<string> => (await http(azure, 'GET', '/simulator/latency')).body.latency;
const faults = async (): Promise<string[]> =>
  (await http(azure, 'GET', '/simulator/faults')).body.map(({ id }: { id: string }) => id);

inBrowser('the panel', () => {
  let browser: Browser;
  let page: Page;
  let wrong: string[];

  beforeAll(async () => {
    browser = await openBrowser(path ?? '');
    ({ page, wrong } = await openPage(browser, teams.url, { width: 1440, height: 900 }));
    await page.getByRole('switch').first().waitFor();
  });

  afterAll(() => browser?.close());

  const banner = () => page.locator('.misbehaves');
  const refuse = () => page.getByRole('switch', { name: 'Role assignment refused' });
  const pace = () => page.getByRole('combobox', { name: 'Pace' });
  const fact = (label: string) => page.locator(`dt:has-text("${label}") + dd`);

  it('names each scenario in a line and explains it in two at most, once its group is open', async () => {
    expect(await refuse().isVisible()).toBe(false);
    const closed = page.locator('.trials details:not([open]) summary');
    while ((await closed.count()) > 0) await closed.first().click();
    for (const each of await page.getByRole('switch').all()) {
      expect(await each.getAttribute('aria-checked')).toBeNull();
      expect(await each.isChecked()).toBe(false);
      const explained = page.locator(`[id="${await each.getAttribute('aria-describedby')}"]`);
      expect((await explained.boundingBox())?.height).toBeLessThan(36);
    }
    const groups: { scenarios: { title: string }[] }[] = (await http(azure, 'GET', '/simulator/scenarios')).body;
    const titles = groups.flatMap(({ scenarios }) => scenarios.map(({ title }) => title));
    const shown = page.locator('.switches [id$="-title"]');
    expect(await shown.allTextContents()).toEqual(titles);
    const broken = await Promise.all(
      (await shown.all()).map(async (title) =>
        ((await title.boundingBox())?.height ?? 0) < 24 ? [] : title.textContent(),
      ),
    );
    expect(broken.flat()).toEqual([]);
    expect(await page.getByRole('switch').count()).toBe(titles.length);
    expect(await banner().isVisible()).toBe(false);
  });

  it('turns scenarios on and off with the keyboard, and warns while one is on', async () => {
    await refuse().focus();
    await page.keyboard.press('Space');
    await banner().getByText('1 scenario is on.').waitFor();
    expect(await banner().textContent()).toContain('Azure doesn’t behave as usual.');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await banner().getByText('2 scenarios are on.').waitFor();
    expect(await faults()).toEqual(['role-assignment-refused', 'agent-write-refused']);
    await page.keyboard.press('Space');
    await banner().getByText('1 scenario is on.').waitFor();
    expect(await faults()).toEqual(['role-assignment-refused']);
  });

  it.each(['light', 'dark'] as const)('has nothing for axe to complain about in the %s theme', async (theme) => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await page.emulateMedia({ colorScheme: theme });
    await page.evaluate(axe);
    const found = await page.evaluate<string[]>(
      'axe.run().then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target).join(" ")))',
    );
    expect(found).toEqual([]);
  });

  it('turns everything off at once, also what a script turned on', async () => {
    await http(azure, 'POST', '/simulator/faults', { body: { match: { url: '/nowhere' }, delayMs: 1 } });
    await banner().getByText('2 scenarios are on.').waitFor();
    await page.getByRole('button', { name: 'Turn off' }).click();
    await banner().waitFor({ state: 'hidden' });
    expect(await refuse().isChecked()).toBe(false);
    expect(await refuse().evaluate((element) => element.matches(':focus'))).toBe(true);
    expect(await faults()).toEqual([]);
  });

  it('switches the pace, and follows when somebody else does', async () => {
    expect(await pace().inputValue()).toBe('realistic');
    await pace().selectOption('instant');
    for (const until = Date.now() + soon; (await latency()) !== 'instant' && Date.now() < until; )
      await page.waitForTimeout(50);
    expect(await latency()).toBe('instant');
    await http(azure, 'PUT', '/simulator/latency', { body: { latency: 'realistic' } });
    await page.locator('.pace:has(option[value="realistic"]:checked)').waitFor();
    await pace().selectOption('instant');
  });

  it('shows a change at once', async () => {
    await giveIdentity(clientsOf(azure), agent);
    await page.getByText('Agent triage-agent-prod').waitFor();
    await fact('Identity').getByText('SystemAssigned').waitFor({ timeout: soon });
  });

  it('resets Azure after asking', async () => {
    const reset = page.getByRole('button', { name: 'Reset Azure to its first state' });
    // A dialog that nobody answers is dismissed.
    await reset.click();
    expect(await fact('Identity').textContent()).not.toBe('None');
    page.once('dialog', (dialog) => void dialog.accept());
    await reset.click();
    await fact('Identity')
      .filter({ hasText: /^None$/ })
      .waitFor();
    expect((await readAgent(clientsOf(azure), agent)).identity).toBeUndefined();
    expect(await pace().inputValue()).toBe('instant');
  });

  it('lies over the messages in a narrow window, and Escape closes it', async () => {
    await page.setViewportSize({ width: 1100, height: 700 });
    expect(await refuse().isVisible()).toBe(false);
    const toggle = page.getByRole('button', { name: 'Azure', exact: true });
    await toggle.click();
    await refuse().check();
    await banner().getByText('1 scenario is on.').waitFor();
    const [warning, side] = [await banner().boundingBox(), await page.locator('.side').boundingBox()];
    expect(warning?.y).toBeGreaterThanOrEqual(side?.y ?? 0);
    expect(warning?.y).toBeLessThan(700);
    await page.keyboard.press('Escape');
    expect(await refuse().isVisible()).toBe(false);
    expect(await toggle.evaluate((element) => element.matches(':focus'))).toBe(true);
    expect(await toggle.getAttribute('aria-expanded')).toBe('false');
    await http(azure, 'DELETE', '/simulator/faults');
    await page.setViewportSize({ width: 1440, height: 900 });
    await banner().waitFor({ state: 'hidden' });
  });

  it('writes no errors and asks nobody else', () => {
    expect(wrong).toEqual([]);
  });

  it('says when Azure is away, and leaves the switch as it is', async () => {
    await azure.stop();
    await page.getByText('○ not reachable').waitFor();
    await refuse().click();
    await page.getByText('The simulated Azure didn’t answer. Nothing was turned on or off.').waitFor();
    expect(await refuse().isChecked()).toBe(false);
  });
});
