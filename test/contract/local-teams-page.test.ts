import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, openBrowser } from '../support/browser/browser.ts';
import type { JsonObject } from '../support/teams/local-teams.ts';
import { bareTeams, postCard, type Received, updateCard } from './teams-setup.ts';

/** The page of local Teams: what it is served with, and how it treats people who are typing. */

const require = createRequire(import.meta.url);

const browserFile = await chromiumPath();
const withBrowser = browserFile === null ? describe.skip : describe;

const card = (title: string) => ({
  type: 'AdaptiveCard',
  version: '1.5',
  body: [
    { type: 'TextBlock', text: title, wrap: true },
    { type: 'Container', id: 'details', isVisible: false, items: [{ type: 'TextBlock', text: 'the details' }] },
    { type: 'Input.Text', id: 'comment', label: 'Comment', isMultiline: true },
    {
      type: 'Input.ChoiceSet',
      id: 'resource',
      label: 'Agent',
      style: 'filtered',
      value: '/agents/one',
      choices: [{ title: 'agent one', value: '/agents/one' }],
      'choices.data': { type: 'Data.Query', dataset: 'agents' },
    },
  ],
  actions: [
    { type: 'Action.ToggleVisibility', title: 'Details', targetElements: ['details'] },
    { type: 'Action.Execute', title: 'Approve', verb: 'request.approve', data: { requestId: 'CMK-1' } },
  ],
});

function answerTo(activity: Received): JsonObject {
  if (activity.name === 'application/search') {
    const results = [{ title: 'agent two, found by its group', value: '/agents/two' }];
    return { statusCode: 200, type: 'application/vnd.microsoft.search.searchResponse', value: { results } };
  }
  const value = `heard ${JSON.stringify(activity.value?.action?.data)}`;
  return { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value };
}

const world = bareTeams();
world.answer = (activity) => ({ status: 200, body: answerTo(activity) });
const post = (content: JsonObject) => postCard(world, content);

describe('the files of the page', () => {
  it('come with a policy that allows nothing but themselves', async () => {
    const response = await fetch(world.teams.url);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/https?:|script-src[^;]*unsafe/);
  });

  it('are the only ones', async () => {
    for (const path of ['/page/..%2Frun.ts', '/page/tsconfig.json', '/lib/zod.js', '/package.json'])
      expect([path, (await fetch(world.teams.url + path)).status]).toEqual([path, 404]);
  });

  it('name no other host', () => {
    const folder = 'sandbox/teams/page';
    for (const name of readdirSync(folder))
      expect([name, readFileSync(join(folder, name), 'utf8').replaceAll('http://www.w3.org/', '')]).toEqual([
        name,
        expect.not.stringMatching(/https?:\/\/[a-z]/i),
      ]);
  });

  it('pass the type check', async () => {
    const tsc = require.resolve('typescript/package.json').replace('package.json', 'bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '-p', 'sandbox/teams/page']);
  });
});

withBrowser('the page in a browser', () => {
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser(browserFile ?? '');
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => (message.type() === 'error' ? problems.push(message.text()) : undefined));
    await page.goto(`${world.teams.url}/#/approver/operations`);
    await page.waitForSelector('[data-compose]');
  });

  afterAll(async () => {
    await browser.close();
  });

  const message = (id: string) => page.locator(`[data-activity="${id}"]`);

  it('keeps what is typed and unfolded when the bot updates the card', async () => {
    const id = await post(card('before'));
    await message(id).getByRole('button', { name: 'Details' }).click();
    await message(id).getByLabel('Comment').fill('half a sent');
    await updateCard(world, id, card('after'));
    await message(id).getByText('after', { exact: true }).waitFor();
    await page.keyboard.type('ence');
    expect(await message(id).getByLabel('Comment').inputValue()).toBe('half a sentence');
    expect(await message(id).getByText('the details').isVisible()).toBe(true);
  });

  it('finds choices the bot knows and sends their value', async () => {
    const id = await post(card('choose'));
    const box = message(id).getByRole('combobox', { name: 'Agent' });
    expect(await box.inputValue()).toBe('agent one');
    await box.fill('group');
    const choice = message(id).locator('option[value*="found by its group"]');
    await choice.waitFor({ state: 'attached' });
    await box.fill((await choice.getAttribute('value')) ?? '');
    await message(id).getByRole('button', { name: 'Approve' }).click();
    await message(id).locator('.notice').getByText('"resource":"/agents/two"').waitFor();
    expect(await message(id).locator('.notice').textContent()).toContain('Only you can see this');
  });

  it('shows everything again after a reload, to this person and not to others', async () => {
    await page.reload();
    await page.locator('.notice:visible').waitFor();
    await page.locator('[data-person$="3"]').click();
    // What the page showed to the person before stands until the next one's messages have come.
    await page.locator('.notice:visible').waitFor({ state: 'detached' });
    await page.locator('.msg').first().waitFor();
    expect(await page.locator('.notice:visible').count()).toBe(0);
  });

  it('writes no errors', () => expect(problems).toEqual([]));
});
