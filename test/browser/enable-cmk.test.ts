import type { Browser, Page } from 'playwright-core';
import { operator } from '../../sandbox/people.ts';
import { chromiumPath, openBrowser, openPage } from '../support/browser/browser.ts';
import { actAs, botSays, choose, faultsOn, goTo, press, say } from '../support/browser/page.ts';
import { scenario } from '../support/world/scenario.ts';
import { people, places, requestIdIn, writes } from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

const path = await chromiumPath();
const inBrowser = path === null ? describe.skip : describe;

inBrowser('two people bring a resource under a customer-managed key, clicking in a real browser', () => {
  // Of its own: what other suites left in the places would be taken for answers.
  const world = scenario({ own: { env: { CMK_WATCH_INTERVAL: '1s', CMK_OPERATORS: operator.id } } });
  let browser: Browser;
  let page: Page;
  let wrong: string[];
  let id = '';

  beforeAll(async () => {
    browser = await openBrowser(path ?? '');
    ({ page, wrong } = await openPage(browser, world.teams.url, { width: 1280, height: 900 }));
  });
  afterAll(async () => {
    await browser?.close();
  });

  test('the requester types the command and fills in the four pages', async () => {
    await actAs(page, people.requester);
    await goTo(page, places.operations);
    await say(page, '/enable-cmk');
    const agent = botSays(page, 'Which resource gets a customer-managed key?');
    await agent.waitFor();
    await choose(agent, 'resource', 'triage-agent-prod');
    await press(agent, 'Next');
    const vault = botSays(page, 'Which vault holds the key?');
    await vault.waitFor();
    await vault.getByRole('radio', { name: 'kv-care-prod' }).check();
    await press(vault, 'Next');
    const key = botSays(page, 'Which key of kv-care-prod?');
    await key.getByRole('radio', { name: 'cmk-triage-agent' }).check();
    await press(key, 'Next');
    const review = botSays(page, '5 steps in Azure');
    await review.waitFor();
    await review.getByRole('checkbox').check();
    await review.getByRole('textbox').fill('Patient data under our own key before the December audit.');
    await press(review, 'Submit');
    const submitted = botSays(page, 'Waiting for approval: 0 of 1');
    await submitted.waitFor();
    expect(await submitted.getByRole('button', { name: /^Refresh/ }).count()).toBe(1);
    id = requestIdIn((await submitted.textContent()) ?? '');
    expect(id).toMatch(/^CMK-/);
    expect(await writes(world)).toEqual([]);
  });

  test('the approver ticks what cannot be undone and approves', async () => {
    await actAs(page, people.approver);
    await goTo(page, places.approvals);
    const card = botSays(page, id);
    await card.getByRole('checkbox').check();
    await press(card, 'Approve: purge protection stays on');
    await botSays(page, /Approved|Running|Succeeded/).waitFor();
  });

  test('the status card ticks through the steps and shows what is proved', async () => {
    await actAs(page, people.requester);
    await goTo(page, places.operations);
    const card = botSays(page, 'Verification level: key tested');
    await card.waitFor({ timeout: 60_000 });
    await press(card, '4 changes made in Azure');
    const words = await card.textContent();
    for (const step of [
      'Turn on system-assigned identity',
      'Assign key access',
      'Turn on purge protection',
      'Set customer-managed key',
    ]) {
      expect(words).toContain(step);
    }
  });

  test('the guided tour requests, approves, verifies, finds and repairs drift and shows the audit log, by keyboard alone', async () => {
    const heading = page.locator('#tour h2');
    await goTo(page, `a:${people.requester}`);
    await page.locator('#tour-start').focus();
    await page.keyboard.press('Enter');
    const titles = ['Request', 'Approve', 'Verify', 'Drift', 'Repair', 'Audit'];
    for (const [index, title] of titles.entries()) {
      const next = page.locator('#tour .filled[aria-disabled="false"]');
      await next.waitFor({ timeout: 60_000 });
      expect(await heading.textContent()).toBe(`${index + 1} of 6: ${title}`);
      await page.locator('.msg.in-tour .card').waitFor();
      expect([title, await faultsOn(page)]).toEqual([title, []]);
      await next.focus();
      await page.keyboard.press('Enter');
    }
    await page.locator('#tour').waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.id')).toBe('tour-start');
  });

  test('the page is as wide as a phone, in dark, too, with no accessibility fault', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await faultsOn(page)).toEqual([]);
  });

  test('the page spoke to nobody but this machine, and nothing went wrong on it', () => expect(wrong).toEqual([]));

  test('the record holds the whole story, and its chain verifies', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.requests[0]).toBe(id);
    const types = record.events(id);
    expect(types.slice(0, 3)).toEqual(['submitted', 'approved', 'run-ordered']);
    expect(types.at(-1)).toBe('succeeded');
  });
});
