import type { Browser, Locator, Page } from 'playwright-core';
import { chromiumPath, openBrowser, openPage } from '../support/browser/browser.ts';
import { expectCurrentPicture, keepPicture } from '../support/browser/kept-pictures.ts';
import { actAs, botSays, faultsOn, goTo, press } from '../support/browser/page.ts';
import { scenario } from '../support/world/scenario.ts';
import { ask, people, places, writes } from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

const path = await chromiumPath();
const inBrowser = path === null ? describe.skip : describe;

inBrowser('an approver signs in anew to approve, clicking in a real browser', () => {
  const world = scenario({ own: { stepUp: true } });
  let browser: Browser;
  let page: Page;
  let wrong: string[];
  let id = '';

  beforeAll(async () => {
    browser = await openBrowser(path ?? '');
    ({ page, wrong } = await openPage(browser, world.teams.url, { width: 1280, height: 1300 }));
    page.context().on('request', (request) => {
      const { hostname } = new URL(request.url());
      if (!['127.0.0.1', 'localhost'].includes(hostname)) wrong.push(`asked ${request.url()}`);
    });
    page.context().on('weberror', (error) => wrong.push(String(error.error())));
    id = await ask(world);
    await actAs(page, people.approver);
    await goTo(page, places.approvals);
  });
  afterAll(async () => {
    await browser?.close();
  });

  /** For `docs/install/require-sign-in.md`. Request IDs and times differ in each run. */
  const picture = async (name: string, of: Pick<Locator, 'screenshot'>, words: string | null) => {
    await keepPicture(name, () => of.screenshot());
    expectCurrentPicture(name, words?.replaceAll(/CMK-\w{6}|\w{3}, \d+ \w{3} \d{4}|\d+/g, '#'));
  };

  /** Presses the button of the notice and follows it to Entra; returns the window it opened. */
  const toEntra = async (): Promise<Page> => {
    const opening = page.context().waitForEvent('page');
    await botSays(page, id).getByRole('link', { name: 'Sign in', exact: true }).click();
    const popup = await opening;
    await popup.getByRole('heading', { name: `Sign in to approve ${id}` }).waitFor();
    return popup;
  };
  const pick = async (popup: Page, person: string, how: RegExp) => {
    await popup.getByRole('radio', { name: new RegExp(`^${person}`) }).check();
    await popup.getByRole('button', { name: how }).click();
  };

  test('Approve asks for a sign-in, with a button that only the clicker sees', async () => {
    const card = botSays(page, id);
    await card.getByRole('checkbox').check();
    await press(card, 'Approve: purge protection stays on');
    await card.getByText(/Sign in first/).waitFor();
    await picture('step-up-asked', card, await card.getByText(/Sign in first/).textContent());
  });

  test('the page says what the sign-in is for, and Entra asks who it is', async () => {
    const popup = await toEntra();
    for (const words of ['triage-agent-prod', 'cmk-triage-agent in kv-care-prod', 'Ana'])
      await popup.getByText(words, { exact: true }).last().waitFor();
    expect(await faultsOn(popup)).toEqual([]);
    await picture('step-up-page', popup.locator('main'), await popup.locator('body').textContent());
    await popup.getByRole('link', { name: 'Sign in' }).click();
    await popup.getByRole('heading', { name: 'Pick an account' }).waitFor();
    expect(await faultsOn(popup)).toEqual([]);
    await popup.close();
  });

  test('with the security key, and one more click, it is approved', async () => {
    const popup = await toEntra();
    await popup.getByRole('link', { name: 'Sign in' }).click();
    await pick(popup, 'Ben', /security key/);
    await popup.getByRole('heading', { name: 'You’re signed in.' }).waitFor();
    expect(await faultsOn(popup)).toEqual([]);
    await popup.close();
    expect(await writes(world)).toEqual([]);
    const card = botSays(page, id);
    // The sign-in is done: its button ends without another click.
    await page.getByText('Only you can see this').waitFor({ state: 'hidden' });
    expect(await card.getByRole('link', { name: 'Sign in' }).count()).toBe(0);
    if (!(await card.getByRole('checkbox').isChecked())) await card.getByRole('checkbox').check();
    await press(card, 'Approve: purge protection stays on');
    await botSays(page, /Approved|Running|Succeeded/).waitFor();
    await page.getByText('Only you can see this').waitFor({ state: 'hidden' });
    await actAs(page, people.requester);
    await goTo(page, places.operations);
    await botSays(page, 'Succeeded').waitFor({ timeout: 60_000 });
  });

  test('the pages spoke to nobody but this machine, and nothing went wrong on them', () => expect(wrong).toEqual([]));

  test('the record verifies, and holds the sign-in but no token', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.events(id).slice(0, 2)).toEqual(['submitted', 'approved']);
    expect(world.printed()).not.toMatch(/eyJ/);
  });
});
