import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, openBrowser, openPage } from '../support/browser/browser.ts';
import { actAs, botSays, choose, goTo, press, say } from '../support/browser/page.ts';
import { scenario } from '../support/world/scenario.ts';
import { people, places, requestIdIn } from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

const path = await chromiumPath();
const inBrowser = path === null ? describe.skip : describe;

inBrowser('two people move an agent to a new version of its key, clicking in a real browser', () => {
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

  test('an agent under Microsoft’s key leads to the other command, and back by another agent', async () => {
    await actAs(page, people.requester);
    await goTo(page, places.operations);
    await say(page, '/rotate-cmk');
    const agent = botSays(page, 'Rotate the key of which agent?');
    await agent.waitFor();
    await choose(agent, 'resource', 'triage-agent-prod');
    await press(agent, 'Next');
    const none = botSays(page, 'There is no version to rotate.');
    await none.getByRole('button', { name: 'Enable customer-managed key' }).waitFor();
    await press(none, 'Back');
    await choose(agent, 'resource', 'virtual-visit-agent');
    await press(agent, 'Next');
  });

  test('the requester takes a new version, reads what will be, and submits', async () => {
    const version = botSays(page, 'Move to which version?');
    await version.waitFor();
    await version.getByText('A new version, created when the run starts').click();
    await press(version, 'Next');
    const review = botSays(page, '3 steps in Azure');
    await review.waitFor();
    await review.getByRole('checkbox').check();
    await review.getByRole('textbox').fill('The version has been in use for two years.');
    await press(review, 'Submit');
    const submitted = botSays(page, 'Waiting for approval: 0 of 1');
    await submitted.waitFor();
    id = requestIdIn((await submitted.textContent()) ?? '');
  });

  test('the approver reads that there is a way back, and approves with one click', async () => {
    await actAs(page, people.approver);
    await goTo(page, places.approvals);
    const card = botSays(page, id);
    await card.getByText('Can be undone', { exact: true }).waitFor();
    await press(card, 'Approve');
    await botSays(page, /Approved|Running|Succeeded/).waitFor();
  });

  test('the status card says what is proved, and that the old version stays on', async () => {
    await actAs(page, people.requester);
    await goTo(page, places.operations);
    const card = botSays(page, 'Verification level: key tested');
    await card.waitFor({ timeout: 60_000 });
    const words = await card.textContent();
    expect(words).toContain('Customer-managed key is rotated for virtual-visit-agent');
    expect(words).toContain('Keep the old key version enabled');
  });

  test('nothing went wrong on the page, and the record tells the rotation once', async () => {
    expect(wrong).toEqual([]);
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.requests).toEqual([id]);
    expect(record.events(id).at(-1)).toBe('succeeded');
  });
});
