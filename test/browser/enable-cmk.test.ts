import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { http } from '../support/azure/local-azure.ts';
import { chromiumPath, openBrowser, openPage } from '../support/browser/browser.ts';
import { actAs, botSays, choose, goTo, press, say } from '../support/browser/page.ts';
import { scenario } from '../support/world/scenario.ts';
import { people, places, requestIdIn, writes } from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

const path = await chromiumPath();
const inBrowser = path === null ? describe.skip : describe;

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

async function faultsOn(page: Page): Promise<unknown> {
  await page.evaluate(axe);
  return page.evaluate(
    'axe.run().then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target).join(" ")))',
  );
}

const wear = (page: Page, theme: 'light' | 'dark') =>
  page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);

const sizeOf = (page: Page) =>
  page.evaluate('({ width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight })');

inBrowser('two people bring an agent under a customer-managed key, clicking in a real browser', () => {
  // Of its own: what other suites left in the places would be taken for answers.
  const world = scenario({ own: {} });
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
    const agent = botSays(page, 'Which agent gets a customer-managed key?');
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

  test('the page has no accessibility fault that axe knows, on a card and in both themes', async () => {
    for (const theme of ['light', 'dark'] as const) {
      await wear(page, theme);
      expect(await faultsOn(page)).toEqual([]);
    }
    await wear(page, 'light');
  });

  test('the same card is the requester’s to cancel, the approver’s to decide, and everybody’s to read', async () => {
    await goTo(page, places.approvals);
    const card = botSays(page, id);
    await card.getByRole('button', { name: 'Cancel request' }).waitFor();
    expect(await card.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
    await card.getByText('Your view').waitFor();
    await actAs(page, people.approver);
    await card.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    expect(await card.getByRole('button', { name: 'Cancel request' }).count()).toBe(0);
    await goTo(page, places.operations);
    await actAs(page, people.teamMember);
    const status = botSays(page, 'Waiting for approval: 0 of 1');
    await status.waitFor();
    for (const name of ['Cancel request', 'Approve'])
      await status.getByRole('button', { name, exact: true }).waitFor({ state: 'detached' });
    await actAs(page, people.approver);
    await goTo(page, places.approvals);
    await card.waitFor();
    expect(await writes(world)).toEqual([]);
  });

  test('the approver ticks what cannot be undone and approves', async () => {
    const card = botSays(page, id);
    await card.getByRole('checkbox').check();
    await press(card, 'Approve');
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
    await press(card, '4 changes made in Azure');
  });

  test('after a button of the form the keyboard goes on at the heading of its next page, and what unfolds says so', async () => {
    await goTo(page, `a:${people.requester}`);
    await say(page, '/enable-cmk triage-agent-test');
    const vault = botSays(page, 'Which vault holds the key?');
    await vault.getByRole('radio', { name: 'kv-care-prod' }).check();
    const fold = vault.getByRole('button', { name: /not usable$/ });
    expect(await fold.getAttribute('aria-expanded')).toBe('false');
    await fold.focus();
    await page.keyboard.press('Enter');
    const open = vault.getByRole('button', { name: /not usable$/ });
    expect(await open.getAttribute('aria-expanded')).toBe('true');
    await vault.getByRole('button', { name: 'Next', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.locator(':focus', { hasText: /^\s*Which key of kv-care-prod\?\s*$/ }).waitFor();
    expect(await faultsOn(page)).toEqual([]);
    await press(botSays(page, 'Which key of kv-care-prod?'), 'Cancel');
  });

  test('the guided tour asks, approves, watches, breaks, verifies and audits, by keyboard alone', async () => {
    const heading = page.locator('#tour h2');
    await page.locator('#tour-start').focus();
    await page.keyboard.press('Enter');
    const titles = ['Request', 'Approve', 'Watch', 'Break', 'Verify', 'Audit'];
    for (const [index, title] of titles.entries()) {
      const next = page.locator('#tour .primary[aria-disabled="false"]');
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

  test('the tour is left by Escape, and leaves Azure as it should be', async () => {
    await page.locator('#tour-start').click();
    await page.locator('#tour button').last().focus();
    await page.keyboard.press('Escape');
    await page.locator('#tour').waitFor({ state: 'hidden' });
    expect((await http(world.azure, 'GET', '/simulator/faults')).body).toEqual([]);
  });

  test('a phone shows all of it in light, dark and high contrast, no wider and no taller than its window', async () => {
    for (const look of ['light', 'dark', 'contrast'] as const) {
      const phone = await openPage(browser, `${world.teams.url}/#/team-member/approvals`, { width: 360, height: 740 });
      await phone.page.emulateMedia({ forcedColors: look === 'contrast' ? 'active' : 'none' });
      await wear(phone.page, look === 'contrast' ? 'light' : look);
      await botSays(phone.page, id).waitFor();
      await phone.page.locator('.places .count').first().waitFor();
      expect(await sizeOf(phone.page)).toEqual({ width: 360, height: 740 });
      expect([look, await faultsOn(phone.page)]).toEqual([look, []]);
      wrong.push(...phone.wrong);
      await phone.page.close();
    }
    expect(await sizeOf(page)).toEqual({ width: 1280, height: 900 });
  });

  test.each([
    ['1920 by 1080', 960, 540],
    ['1440 by 900', 720, 450],
    ['1366 by 768', 683, 384],
  ])(
    'at 200 % on a screen of %s, cards have at least 60 % of the height, and a picker’s list is all of it above the compose box',
    async (_screen, width, height) => {
      const zoomed = await openPage(browser, `${world.teams.url}/#/requester/operations`, { width, height });
      await botSays(zoomed.page, 'Succeeded').waitFor();
      const boxOf = async (selector: string) => {
        const box = await zoomed.page.locator(selector).boundingBox();
        if (box === null) throw new Error(`${selector} isn’t shown`);
        return box;
      };
      expect((await boxOf('#messages')).height / height).toBeGreaterThanOrEqual(0.6);
      await say(zoomed.page, '/enable-cmk');
      await botSays(zoomed.page, 'Which agent').locator('[data-input="resource"]').click();
      const list = '.ac-choiceSetInput-filtered-dropdown-open';
      await zoomed.page.locator(`${list} [role=option]`).first().waitFor();
      const [shown, compose] = [await boxOf(list), await boxOf('#compose')];
      expect(shown.y + shown.height).toBeLessThanOrEqual(compose.y + 1);
      expect(zoomed.wrong).toEqual([]);
      await zoomed.page.context().close();
    },
  );

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
