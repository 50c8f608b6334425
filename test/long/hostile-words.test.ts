import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { AttackTable } from '../support/attacks/attack-table.ts';
import { watch } from '../support/attacks/attack-watch.ts';
import { hostileWords, rungBy, sourcesOn, wrongOn } from '../support/attacks/attack-words.ts';
import { agentIn, lock, scopes, vaultIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { chromiumPath, openBrowser, openPage } from '../support/browser/browser.ts';
import { actAs, goTo } from '../support/browser/page.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { cardOf, type SeenActivity } from '../support/teams/local-teams.ts';
import { activity, invoke, type RawAnswer, send } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  agentId,
  buttonData,
  faultAzure,
  mendAzure,
  people,
  places,
  requestIdIn,
  until,
} from '../support/world/story.ts';

/**
 * Everybody whose words come to be shown means harm: who asks, who approves, what they write, and Azure itself in names,
 * states, locks and errors. Wherever it is shown, it is shown letter by letter: no link, no picture, no mention, no bold, no
 * expression, no date, nothing that steers a terminal or a spreadsheet.
 */
const sources = {
  requester: 'NameOfRequester',
  approver: 'NameOfApprover',
  reason: 'ReasonGiven',
  comment: 'CommentGiven',
  message: 'MessageOfAzure',
  code: 'CodeOfAzure',
  state: 'StateOfAgent',
  lock: 'NameOfLock',
  keyNow: 'NameOfKeyNow',
  tenant: 'TenantOfVault',
  listed: 'NameInList',
  typed: 'TypedAsAgent',
};
type Source = keyof typeof sources;
const words = Object.fromEntries(Object.entries(sources).map(([key, name]) => [key, hostileWords(name)])) as Record<
  Source,
  string
>;
const all = Object.values(sources);
const table = new AttackTable();

const audit = '19:audit@thread.tacv2';
const everywhere = [places.operations, places.approvals, places.group, audit];

const world = scenario({ own: { env: { CMK_LOG_LEVEL: 'info' } } });
let failedId = '';
let rejectedId = '';

const who = (id: string, name: string) => ({ from: { id: `29:${id}`, name, aadObjectId: id } });
const asRequester = () => who(people.requester, words.requester);
const asApprover = () => who(people.approver, words.approver);

/** Says something under a hostile name; the bot's answer is a new card in the group, with this verb once Azure was read. */
async function say(text: string, from = asRequester(), verb = ''): Promise<SeenActivity> {
  const before = new Set((await world.teams.activities(places.group, people.requester)).map(({ id }) => id));
  expect((await send(world, activity(world, { ...from, text }))).status).toBe(200);
  const isAnswer = (one: SeenActivity): boolean =>
    !before.has(one.id) && cardOf(one) !== undefined && JSON.stringify(cardOf(one)).includes(verb);
  return world.teams.sees(places.group, people.requester, isAnswer);
}

async function click(card: SeenActivity, verb: string, inputs: object, from = asRequester()): Promise<RawAnswer> {
  const data = { ...buttonData({ status: 200, body: card }, verb), ...inputs };
  return send(world, invoke(world, { action: { verb, data } }, { ...from, replyToId: card.id }));
}

const bodyOf = (answer: RawAnswer) => JSON.parse(answer.body).value as unknown;

async function ask(agent: string, vault: string, key: string): Promise<string> {
  const form = await say(`/enable-cmk resource=${agent} vault=${vault} key=${key}`);
  const answer = await click(form, 'form.submit', { justification: words.reason, acknowledgeDataLoss: 'true' });
  check('form-ended', bodyOf(answer));
  return requestIdIn(answer.body);
}

const approvalOf = (id: string) =>
  world.teams.sees(
    places.approvals,
    people.approver,
    (one) => activityText(one).includes(id) && /Needs approval/.test(activityText(one)),
  );

/** Looks at a card that is shown; says in the table whose words stand on it. */
function check(place: string, card: unknown): void {
  expect(wrongOn(card, all)).toEqual([]);
  // Whose words a card shows that is looked at in passing depends on how far it has come: place and source are counted apart.
  table.add(`all of them on ${place}`, 'letter by letter');
  for (const source of sourcesOn(card, all)) table.add(source, 'letter by letter');
}

beforeAll(async () => {
  await changeState(world.azure, (state) => {
    agentIn(state, 'virtual-visit-agent').provisioningState = words.state;
    const key = agentIn(state, 'virtual-visit-agent').content.keyVaultProperties;
    if (key !== null) key.keyName = words.keyNow;
    vaultIn(state, 'kv-policy-keys').tenantId = words.tenant;
    lock((one) => scopes.agent(one, 'x-ray-agent'), 'ReadOnly', words.lock.replaceAll('/', '|'))(state);
  });
});
afterAll(() => table.print('Whose words were shown where'));

describe('hostile words', () => {
  test('of requester, approver, reason and Azure’s error, on the way to a request that needs attention', async () => {
    check('help', cardOf(await say('/cmk-help', asApprover())));
    await faultAzure(world, {
      match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' },
      respond: { status: 403, body: { error: { code: words.code, message: words.message } } },
    });
    failedId = await ask('triage-agent-prod', 'kv-care-prod', 'cmk-triage-agent');
    const approval = await approvalOf(failedId);
    expect(sourcesOn(cardOf(approval), all)).toEqual(expect.arrayContaining([sources.requester, sources.reason]));
    expect([...rungBy(cardOf(approval))].sort()).toEqual(
      [`29:${people.approver}`, `29:${people.secondApprover}`].sort(),
    );
    const answer = await click(
      approval,
      'request.approve',
      { acknowledgeIrreversible: 'true', comment: words.comment },
      asApprover(),
    );
    check('approval', bodyOf(answer));
    const stuck = await world.teams.sees(places.group, people.requester, (one) =>
      /Needs attention/.test(activityText(one)),
    );
    expect(sourcesOn(cardOf(stuck), all)).toEqual(expect.arrayContaining([sources.message]));
    check('status', cardOf(stuck));
    check('status', bodyOf(await click(stuck, 'request.give-up', { reason: words.comment })));
    await mendAzure(world);
  });

  test('of a comment, on a request that is rejected', async () => {
    rejectedId = await ask('triage-agent-test', 'kv-hospital-keys', 'cmk-virtual-visit');
    const answer = await click(
      await approvalOf(rejectedId),
      'request.reject',
      { comment: words.comment },
      asApprover(),
    );
    expect(sourcesOn(bodyOf(answer), all)).toEqual(expect.arrayContaining([sources.comment, sources.approver]));
    check('approval', bodyOf(answer));
  });

  test('of a state, a lock, a key and a tenant, on the pages of a form', async () => {
    const form = await say('/enable-cmk', asRequester(), 'form.next');
    const press = async (card: { readonly body: unknown }, inputs: object, verb = 'form.next') => {
      const data = { ...buttonData({ status: 200, body: card.body }, verb), ...inputs };
      const answer = await send(world, invoke(world, { action: { verb, data } }, asRequester()));
      check('form', bodyOf(answer));
      return { body: JSON.parse(answer.body) as unknown };
    };
    const pages = [
      // It stops on the first page: Azure is working on the agent, and it has a key.
      (await press({ body: form }, { resource: agentId('virtual-visit-agent') })).body,
      await say('/enable-cmk resource=x-ray-agent vault=kv-policy-keys key=cmk-policy'),
      await say('/enable-cmk resource=x-ray-agent vault=kv-legacy key=cmk-legacy'),
    ];
    const found = new Set(pages.flatMap((page) => sourcesOn(page, all)));
    expect([...found].sort()).toEqual(
      [sources.keyNow, sources.lock, sources.requester, sources.state, sources.tenant].sort(),
    );
  });

  test('of names in lists and searches, and of what was typed', async () => {
    const row = {
      id: agentId('triage-agent-prod'),
      name: words.listed,
      location: 'westeurope',
      resourceGroup: words.listed,
    };
    const data = [row, { ...row, id: agentId('ward-agent') }].map((one) => ({
      ...one,
      subscriptionId: '40000000-0000-4000-8000-000000000001',
      cmkVault: '',
    }));
    const body = { totalRecords: 2, count: 2, data, facets: [], resultTruncated: 'false' };
    await faultAzure(world, {
      match: { method: 'POST', url: 'Microsoft.ResourceGraph' },
      respond: { status: 200, body },
    });
    const form = cardOf(await say('/enable-cmk'));
    expect(sourcesOn(form, all)).toEqual([sources.listed]);
    check('form', form);
    const found = await send(
      world,
      invoke(world, { queryText: '', dataset: 'agents' }, { ...asRequester(), name: 'application/search' }),
    );
    check('search', bodyOf(found));
    await mendAzure(world);
    const refused = cardOf(await say(`/enable-cmk resource="${words.typed.replaceAll('"', '')}"`));
    check('refusal', refused);
    check('list', cardOf(await say('/cmk-requests')));
    check('list', cardOf(await say('/cmk-history')));
    for (const id of [failedId, rejectedId]) check('history', cardOf(await say(`/cmk-history ${id}`)));
  });

  test('of Azure where nothing can be read', async () => {
    const respond = { status: 403, body: { error: { code: words.code, message: words.message } } };
    await faultAzure(world, { match: { method: 'POST', url: 'Microsoft.ResourceGraph' }, respond });
    check('refusal', cardOf(await say('/enable-cmk')));
    await mendAzure(world);
    const form = await say('/enable-cmk');
    await faultAzure(world, { match: { url: 'Microsoft.HealthBot|Microsoft.ResourceGraph' }, respond });
    const answer = await click(form, 'form.next', { resource: agentId('ward-agent') });
    await mendAzure(world);
    const value = bodyOf(answer);
    if (typeof value !== 'string') return check('form', value);
    expect(value).not.toMatch(/[\p{Cc}\u2028\u202e]|\]\(|<at>/u);
    table.add(`${sources.message} in a message`, 'no link');
  });

  test('in every place, once the audit channel has caught up', async () => {
    await until(async () => {
      const texts = (await world.teams.activities(audit, people.approver)).map(activityText).join();
      return texts.includes(failedId) && texts.includes(rejectedId) && /rejected/.test(texts);
    }, 'the audit channel shows both requests');
    for (const place of everywhere) {
      const seen = await world.teams.activities(place, people.approver);
      for (const one of seen.filter((each) => cardOf(each) !== undefined))
        check(place.replace(/^19:|@.*$/g, ''), cardOf(one));
      for (const one of seen.filter(({ from }) => from.role === 'bot'))
        expect(one.text ?? '').not.toMatch(/https?:\/\/|www\./i);
    }
    const inAudit = (await world.teams.activities(audit, people.approver)).flatMap((one) =>
      sourcesOn(cardOf(one), all),
    );
    expect(inAudit).not.toContain(sources.reason);
    expect(inAudit).not.toContain(sources.comment);
  });
});

const path = await chromiumPath();

describe('on the page, drawn by the real renderer', () => {
  (path === null ? test.skip : test)('nothing is fetched, linked, bold or mentioned', async () => {
    const browser = await openBrowser(path ?? '');
    try {
      const { page, wrong } = await openPage(browser, world.teams.url, { width: 1280, height: 900 });
      for (const person of [people.requester, people.approver]) {
        for (const place of everywhere) {
          await actAs(page, person);
          await goTo(page, place);
          await page.locator('article[data-author="bot"]').first().waitFor();
          expect(
            await page.locator('article [href*="hostile"], article [src*="hostile"], article img[src="x"]').count(),
          ).toBe(0);
          const bold = await page.locator('article strong, article b').allTextContents();
          expect(bold.filter((text) => text.trim() === 'b')).toEqual([]);
          table.add('hostile words drawn in Chromium', 'letters');
        }
      }
      expect(wrong).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

describe('at the command line', () => {
  const steers = /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u;
  const cli = (...args: string[]) => cmkBot(args, world.settings);

  test.each([
    ['requests list', () => ['requests', 'list']],
    ['requests list --json', () => ['requests', 'list', '--json']],
    ['requests show of one that failed', () => ['requests', 'show', failedId]],
    ['requests show of one that was rejected', () => ['requests', 'show', rejectedId]],
    ['requests show --json', () => ['requests', 'show', failedId, '--json']],
    ['an id that is none', () => ['requests', 'show', words.typed.replaceAll('\u0000', '')]],
    [
      'an act by a hostile name',
      () => ['requests', 'cancel', failedId, '--as', words.typed.replaceAll('\u0000', '').slice(0, 90)],
    ],
  ])('%s steers no terminal', async (what, args) => {
    const { out, err } = await cli(...args());
    expect(out + err).not.toMatch(steers);
    table.add(`hostile words in ${what}`, 'no control characters');
  });

  test('a name with line breaks makes no row of its own', async () => {
    await send(
      world,
      activity(world, who(people.requester, `Somebody\nCMK-000000  succeeded\u2028CMK-000001  succeeded`)),
    );
    const { out } = await cli('requests', 'list');
    expect(out.split('\n').filter((line) => line.startsWith('CMK-'))).toHaveLength(2);
  });

  test('no cell of the table for spreadsheets is a formula, whatever it is quoted in', async () => {
    const { out } = await cli('audit', 'export', '--format', 'csv', '--texts');
    const [names = [], ...rows]: string[][] = parse(out);
    const cells = rows.flat();
    // The request that failed tried one change; the other one was rejected.
    expect(rows.map((row) => row[names.indexOf('request')])).toEqual([failedId]);
    expect(cells.filter((cell) => /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell))).toEqual([]);
    expect(out).toContain(sources.reason);
    table.add('hostile words in the CSV export', 'no formula');
  });

  test('the export verifies, and so does the record', async () => {
    const { out } = await cli('audit', 'export', '--format', 'jsonl');
    for (const line of out.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
    expect((await cli('audit', 'verify')).out).toMatch(/^verified/);
    table.add('hostile words in the JSONL export', 'verifies');
  });

  test('nothing of it was unexpected, and no free text is in the log', async () => {
    const watching = watch(world);
    expect(watching.bugs()).toEqual([]);
    expect(world.printed()).not.toMatch(new RegExp(`${sources.reason}|${sources.comment}`));
  });
});
