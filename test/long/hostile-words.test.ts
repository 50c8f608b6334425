import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { bugsIn } from '../support/attacks/attack-watch.ts';
import { hostileWords, rungBy, sourcesOn, wrongOn } from '../support/attacks/attack-words.ts';
import { agentIn, lock, scopes, vaultIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
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
  check(bodyOf(answer));
  return requestIdIn(answer.body);
}

const approvalOf = (id: string) =>
  world.teams.sees(
    places.approvals,
    people.approver,
    (one) => activityText(one).includes(id) && /Needs approval/.test(activityText(one)),
  );

const check = (card: unknown): void => expect(wrongOn(card, all)).toEqual([]);

beforeAll(async () => {
  await changeState(world.azure, (state) => {
    agentIn(state, 'virtual-visit-agent').provisioningState = words.state;
    const key = agentIn(state, 'virtual-visit-agent').content.keyVaultProperties;
    if (key !== null) key.keyName = words.keyNow;
    vaultIn(state, 'kv-policy-keys').tenantId = words.tenant;
    lock((one) => scopes.agent(one, 'x-ray-agent'), 'ReadOnly', words.lock.replaceAll('/', '|'))(state);
  });
});

describe('hostile words', () => {
  test('of requester, approver, reason and Azure’s error, on the way to a request that needs attention', async () => {
    check(cardOf(await say('/cmk-help', asApprover())));
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
    check(bodyOf(answer));
    const stuck = await world.teams.sees(places.group, people.requester, (one) =>
      /Needs attention/.test(activityText(one)),
    );
    expect(sourcesOn(cardOf(stuck), all)).toEqual(expect.arrayContaining([sources.message]));
    check(cardOf(stuck));
    check(bodyOf(await click(stuck, 'request.give-up', { reason: words.comment })));
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
    check(bodyOf(answer));
  });

  test('of a state, a lock, a key and a tenant, on the pages of a form', async () => {
    const form = await say('/enable-cmk', asRequester(), 'form.next');
    const press = async (card: { readonly body: unknown }, inputs: object, verb = 'form.next') => {
      const data = { ...buttonData({ status: 200, body: card.body }, verb), ...inputs };
      const answer = await send(world, invoke(world, { action: { verb, data } }, asRequester()));
      check(bodyOf(answer));
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
    check(form);
    const found = await send(
      world,
      invoke(world, { queryText: '', dataset: 'agents' }, { ...asRequester(), name: 'application/search' }),
    );
    check(bodyOf(found));
    await mendAzure(world);
    const refused = cardOf(await say(`/enable-cmk resource="${words.typed.replaceAll('"', '')}"`));
    check(refused);
    check(cardOf(await say('/cmk-requests')));
    check(cardOf(await say('/cmk-history')));
    for (const id of [failedId, rejectedId]) check(cardOf(await say(`/cmk-history ${id}`)));
  });

  test('of Azure where nothing can be read', async () => {
    const respond = { status: 403, body: { error: { code: words.code, message: words.message } } };
    await faultAzure(world, { match: { method: 'POST', url: 'Microsoft.ResourceGraph' }, respond });
    check(cardOf(await say('/enable-cmk')));
    await mendAzure(world);
    const form = await say('/enable-cmk');
    await faultAzure(world, { match: { url: 'Microsoft.HealthBot|Microsoft.ResourceGraph' }, respond });
    const answer = await click(form, 'form.next', { resource: agentId('ward-agent') });
    await mendAzure(world);
    const value = bodyOf(answer);
    if (typeof value !== 'string') return check(value);
    expect(value).not.toMatch(/[\p{Cc}\u2028\u202e]|\]\(|<at>/u);
  });

  test('in every place, once the audit channel has caught up', async () => {
    await until(async () => {
      const texts = (await world.teams.activities(audit, people.approver)).map(activityText).join();
      return texts.includes(failedId) && texts.includes(rejectedId) && /rejected/.test(texts);
    }, 'the audit channel shows both requests');
    for (const place of everywhere) {
      const seen = await world.teams.activities(place, people.approver);
      for (const one of seen.filter((each) => cardOf(each) !== undefined)) check(cardOf(one));
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

test('they steer no terminal and make no row or formula of their own, and nothing is unexpected', async () => {
  const lines = `Somebody\nCMK-000000  succeeded\u2028CMK-000001  succeeded`;
  await send(world, activity(world, who(people.requester, lines)));
  const cli = (...args: string[]) => cmkBot(args, world.settings);
  const shown = [await cli('requests', 'list'), await cli('requests', 'show', failedId)];
  for (const { out, err } of [...shown, await cli('requests', 'show', words.typed.replaceAll('\u0000', ''))])
    expect(out + err).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u);
  expect(shown[0]?.out.split('\n').filter((line) => line.startsWith('CMK-'))).toHaveLength(2);
  const { out } = await cli('audit', 'export', '--format', 'csv', '--texts');
  const [names = [], ...rows]: string[][] = parse(out);
  // The request that failed tried one change; the other one was rejected.
  expect(rows.map((row) => row[names.indexOf('request')])).toEqual([failedId]);
  expect(rows.flat().filter((cell) => /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell))).toEqual([]);
  expect(out).toContain(sources.reason);
  expect((await cli('audit', 'verify')).out).toMatch(/^verified/);
  expect(bugsIn(world)).toEqual([]);
  expect(world.printed()).not.toMatch(new RegExp(`${sources.reason}|${sources.comment}`));
});
