import { connect } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { guestTenantId, localTenantId } from '../../sandbox/people.ts';
import { activity, invoke, type RawAnswer, send, sendRaw } from '../support/teams/raw-activity.ts';
import { scenario } from '../support/world/scenario.ts';
import * as story from '../support/world/story.ts';
import { queryStore, readRecord } from '../support/world/world.ts';

const { activityText, answered, approvalCard, ask, buttonData, choices, people, places, type, typeAll, writes } = story;

/**
 * Activities that Teams would not send: slow ones, of senders who aren't known, which name what is outside the configured
 * subscriptions, and what chance draws. `CMK_FUZZ_SEED` draws something else, `CMK_FUZZ_RUNS` more. Calls that are no activities:
 * test/unit/teams/ingress/calls.
 */
const own = '40000000-0000-4000-8000-000000000001';
const foreign = '40000000-0000-4000-8000-000000000002';
const world = scenario({ own: { env: { CMK_SUBSCRIPTIONS: own, CMK_CALLS_AT_ONCE: '1000000' } } });

const stranger = '99999999-0000-4000-8000-000000000001';
const searchFor = (queryText: unknown, dataset: unknown = 'agents', changes: object = {}) =>
  send(world, invoke(world, { queryText, dataset }, { name: 'application/search', ...changes }));
const resultsOf = ({ body }: RawAnswer): readonly unknown[] => JSON.parse(body).value.results;

let requestId: string;
/** An open form of each of two people, on its first page. */
let forms: Record<'requester' | 'approver', { readonly formId: string; readonly card: string }>;
let before: unknown;

async function openForm(person: string) {
  const card = await type(world, person, '/enable-cmk', places.group);
  return { formId: String(buttonData({ status: 200, body: card }, 'form.next').formId), card: card.id };
}

beforeAll(async () => {
  requestId = await ask(world);
  await approvalCard(world, requestId);
  forms = { requester: await openForm(people.requester), approver: await openForm(people.approver) };
  before = await recordHead();
});
afterEach(async () => {
  expect(await recordHead()).toEqual(before);
  expect(bugsIn()).toEqual([]);
  expect((await world.azureRequests()).filter(({ url }) => url.includes(foreign))).toEqual([]);
});

/** Where the audit log ends. */
const recordHead = () => queryStore(world, 'select seq::int, hash from cmk.chain_head');
/** What only a bug would log. Teams itself answers whoever forges a conversation that it has never heard of. */
const bugsIn = (): readonly string[] =>
  world
    .printed()
    .split('\n')
    .filter((line) => /unexpected error|unhandled|uncaught|TypeError|RangeError|ReferenceError/i.test(line))
    .filter((line) => !line.includes('"code":"ConversationNotFound"'));

/** Writes what it is given, waits between, and resolves when the other end has closed the connection. */
function trickle(everyMs: number, first = '', next = ''): Promise<void> {
  const { hostname, port } = new URL(world.botUrl);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(first));
    const timer = setInterval(() => next !== '' && socket.writable && socket.write(next), everyMs);
    socket.on('error', () => undefined).resume();
    socket.on('close', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

test('who sends slowly, nothing or without end is cut off, and others are served meanwhile', async () => {
  const start = 'POST /api/messages HTTP/1.1\r\nHost: localhost\r\n';
  const head = `${start}Content-Type: application/json\r\n`;
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  const cut = Promise.all([
    trickle(500),
    trickle(500, start, 'X-More: 1\r\n'),
    trickle(500, `${head}Content-Length: 1000\r\n\r\n`, '{'),
    trickle(500, chunked, '1\r\n{\r\n'),
    trickle(100, chunked, `${(60_000).toString(16)}\r\n${'x'.repeat(60_000)}\r\n`),
  ]);
  expect((await fetch(`${world.botUrl}/healthz`)).status).toBe(200);
  // None of them ends by itself.
  await cut;
  expect((await fetch(`${world.botUrl}/healthz`)).status).toBe(200);
});

describe('a sender who isn’t known', () => {
  const click = { action: { verb: 'request.approve', data: { requestId: 'CMK-000000', revision: 1 } } };
  const nobody = { from: { id: '29:nobody', name: 'Nobody' } };
  const inTenant = (inChat: string | undefined, inChannel: string | undefined) => ({
    from: { id: `29:${stranger}`, name: 'Stranger', aadObjectId: stranger },
    conversation: { id: places.group, conversationType: 'groupChat', tenantId: inChat },
    channelData: { tenant: inChannel === undefined ? undefined : { id: inChannel } },
  });
  const other = inTenant(guestTenantId, guestTenantId);
  const doubtful = [
    nobody,
    { from: { id: 'x', name: 'Nobody', aadObjectId: 'root' } },
    inTenant(guestTenantId, localTenantId),
    inTenant(localTenantId, guestTenantId),
    inTenant(undefined, undefined),
  ];

  test.each<[string, object, string]>([
    ['clicks', click, 'adaptiveCard/action'],
    ['searches', { queryText: '', dataset: 'agents' }, 'application/search'],
  ])('who %s from another tenant is told that this is for members, and from an unclear one nothing', async (...row) => {
    const [, value, name] = row;
    const answer = await send(world, invoke(world, value, { ...other, name }));
    expect(answer.body).toContain('Only members of this organization');
    expect(answer.body).not.toContain('triage');
    for (const changes of doubtful)
      expect((await send(world, invoke(world, value, { ...changes, name }))).status).toBe(400);
  });

  const Requests = z.array(z.object({ method: z.string(), body: z.unknown() }));
  test.each(['message', 'conversationUpdate', 'installationUpdate'])(
    'a %s from another tenant, or who knows where, teaches nothing',
    async (type) => {
      const asked = async () => Requests.parse((await world.teams.call('GET', '/simulator/requests')).body);
      const first = (await asked()).length;
      const changes = { type, text: '/enable-cmk', action: 'add', membersAdded: [{ id: '28:cmk-bot' }] };
      for (const where of [other, ...doubtful.slice(type === 'message' ? 0 : 2)])
        expect((await send(world, activity(world, { ...changes, ...where }))).status).toBe(200);
      // Only who is known to be of another tenant is told so; nobody’s members are asked for.
      const now = (await asked()).slice(first);
      expect(now.map(({ method }) => method)).toEqual(type === 'message' ? ['POST'] : []);
      expect(JSON.stringify(now)).not.toMatch(/triage|enable-cmk/);
    },
  );
});

test('a search finds nothing of what is not there, or not the searcher’s, and is no query', async () => {
  expect((await searchFor('x'.repeat(5_000))).status).toBe(400);
  for (const dataset of ['vaults/F-0000000000', 'keys/__proto__', `vaults/${forms.approver.formId}`])
    expect(resultsOf(await searchFor('', dataset))).toEqual([]);
  for (const text of ["' | where 1 == 1 or name contains '", 'x-ray', foreign])
    expect(resultsOf(await searchFor(text))).toEqual([]);
  expect(resultsOf(await searchFor('TRIAGE'))).toHaveLength(2);
});

describe('outside the configured subscriptions', () => {
  const there = (name: string, subscription = foreign) =>
    `/subscriptions/${subscription}/resourceGroups/rg-research/providers/Microsoft.HealthBot/healthBots/${name}`;
  const vaultThere = `/subscriptions/${foreign}/resourceGroups/rg-research/providers/Microsoft.KeyVault/vaults/kv-research`;
  const { agent, key } = choices.test;
  const typed = async (text: string) => activityText(await type(world, people.requester, text, places.group));
  test.each([
    there('x-ray-agent').toUpperCase(),
    `${there(agent, own)}/../../../../${there('x-ray-agent')}`,
    `/subscriptions/${own}${there('x-ray-agent')}`,
  ])('no agent is found by %s', async (resource) => {
    expect(await typed(`/enable-cmk resource=${resource}`)).toContain('No resource is named');
    expect(await typed(`/cmk-history ${resource}`)).toContain('No resource is named');
  });

  test.each(['kv-research', vaultThere])('no vault is found by %s', async (vault) => {
    expect(await typed(`/enable-cmk resource=${agent} vault=${vault} key=${key}`)).toContain('No vault is named');
  });

  test('what a click adds about agent, vault and key is not read', async () => {
    const form = await typeAll(world, choices.test, places.group);
    const data = buttonData({ status: 200, body: form }, 'form.submit');
    const agentId = there('x-ray-agent');
    const vaultId = vaultThere;
    const forged = { agentId, vaultId, spec: { agentId }, page: 'review', plan: {}, revision: 0 };
    const inputs = { resource: agentId, vault: 'kv-research', key: 'new' };
    const more = { data: { ...data, ...forged }, inputs };
    expect(answered(await world.teams.click(people.requester, form.id, 'form.submit', more))).not.toContain('x-ray');
    const shown = { data: { formId: String(data.formId) } };
    expect(answered(await world.teams.click(people.requester, form.id, 'form.refresh', shown))).toContain(agent);
  });
});

const nul = '\u0000';
const dollar = '$';
/** Texts that programs stumble over: each was somebody's bug once. */
const oddTexts = [
  '',
  ' \t\u00a0\u3000 ',
  nul,
  `triage${nul}resource`,
  'a\u0008\u001b[31m\u007f\u009b2J',
  'a\r\nc\u2028d\u000be',
  '\ud83d',
  'x\udc00y',
  'abc\u202egnp.exe\u202c',
  'ad\u200bmi\u2060n\ufeff',
  '👩‍⚕️🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '\uffff\ufffe',
  `a${'\u0301'.repeat(500)}`,
  'x'.repeat(20_000),
  'a '.repeat(5_000),
  '\n'.repeat(5_000),
  '1e309',
  '__proto__',
  'constructor',
  `${dollar}{requestId}`,
  `${dollar}{json($root)}`,
  '{{DATE(2020-01-01T00:00:00Z,SHORT)}}',
  '<at>Approver</at>',
  '[Approve](https://hostile.example/a)',
  '<img src=x onerror=alert(1)>',
  '=cmd|/c calc!A1',
  "' | where 1 == 1 or name contains '",
  'x\\',
  '../../../../etc/passwd',
  '%s%n%d {0} {{0}}',
  '(a+)+$',
  '{"a":1}',
];
const oddThings: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  1e300,
  [],
  [[]],
  {},
  [null, 1, 'a'],
  { toString: 'x', valueOf: 'y', length: -1 },
  JSON.parse('{"then":"x","toJSON":"x"}'),
  JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}'),
  Array.from({ length: 2_000 }, () => 'a'),
  Array.from({ length: 200 }).reduce<unknown>((inner) => [{ a: inner }], 1),
];
const oddText = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ unit: 'binary', maxLength: 40 }));
/** Anything that JSON can carry, much of it odd. */
const oddValue = fc.oneof(oddText, fc.constantFrom(...oddThings), fc.jsonValue({ maxDepth: 3 }));

/** Sets a field as a JSON text would, `__proto__` included. */
function spoil(into: unknown, [key = '', ...rest]: readonly string[], value: unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...(into as object) };
  const inner = rest.length === 0 ? value : spoil(copy[key], rest, value);
  return Object.defineProperty(copy, key, { value: inner, enumerable: true, configurable: true, writable: true });
}

describe('what chance draws', () => {
  const { CMK_FUZZ_SEED: wanted = '20260302', CMK_FUZZ_RUNS: runs = '1' } = process.env;
  /** Where an honest call can be spoiled. */
  const spots =
    'text value name id entities channelData channelData.tenant.id from from.id from.name from.aadObjectId recipient.id conversation.tenantId conversation.conversationType replyToId locale membersAdded action type value.action value.action.verb value.action.data value.action.data.formId value.action.data.requestId value.action.data.__proto__ value.trigger value.dataset value.queryText'.split(
      ' ',
    );
  const spoiling = fc.array(fc.tuple(fc.constantFrom(...spots), oddValue), { minLength: 1, maxLength: 3 });
  const sender = fc
    .constantFrom(people.requester, people.approver, people.teamMember)
    .map((id) => ({ from: { id: `29:${id}`, name: 'Somebody', aadObjectId: id } }));
  const verb = fc.constantFrom(
    ...'form.next form.back form.submit form.cancel list.page request.approve request.reject request.cancel'.split(' '),
  );
  const anyForm = fc.constantFrom('requester' as const, 'approver' as const).map((whose) => forms[whose].formId);
  /** The right revision of something real is what they never carry. */
  const clicks = fc
    .record({ verb, formId: anyForm, input: oddValue, revision: fc.constantFrom(-1, 999, 0.5, '0', '1e0', true, [0]) })
    .map(({ input, ...data }) => ({
      action: { verb: data.verb, data: { ...data, requestId, resource: input, comment: input, startDay: input } },
    }));
  const honest = fc.oneof(
    oddText.map((text) => activity(world, { text: `/enable-cmk resource=${text}` })),
    oddText.map((text) => activity(world, { text: `/cmk-history ${text}` })),
    clicks.map((value) => invoke(world, value)),
    fc
      .record({ queryText: oddText, dataset: anyForm.map((id) => `vaults/${id}`) })
      .map((value) => invoke(world, value, { name: 'application/search' })),
  );
  const calls = fc.oneof(
    fc.tuple(honest, sender).map(([call, who]) => JSON.stringify({ ...call, ...who })),
    fc
      .tuple(honest, sender, spoiling)
      .map(([call, who, all]) =>
        JSON.stringify(
          all.reduce((sofar, [spot, value]) => spoil(sofar, spot.split('.'), value), { ...call, ...who } as object),
        ),
      ),
    fc.tuple(honest, fc.nat(), fc.nat({ max: 255 })).map(([call, at, byte]) => {
      const bytes = Buffer.from(JSON.stringify(call));
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
  );
  /** An answer that a bug alone could give. */
  const isFault = ({ status, body }: RawAnswer): boolean =>
    (status !== 200 && (status < 400 || status > 499)) ||
    body.length > 200_000 ||
    /unexpected| {4}at .*\.(ts|js):/.test(body);

  test('is answered within bounds, and changes nothing', async () => {
    const volley = fc.array(calls, { minLength: 1, maxLength: 8, size: 'max' });
    const property = fc.asyncProperty(volley, async (all) => {
      const answers = await Promise.all(all.map((one) => sendRaw(world, one)));
      expect([...answers.filter(isFault), ...bugsIn()]).toEqual([]);
    });
    await fc.assert(property, { seed: Number(wanted), numRuns: 120 * Number(runs), endOnFailure: false });
    expect(await recordHead()).toEqual(before);
  });

  test('in the inputs of the right card, by its owner, leaves the form on its page', async () => {
    const { formId } = forms.requester;
    let revision = 0;
    for (const resource of [...oddTexts, ...oddThings]) {
      const action = { verb: 'form.next', data: { resource, vault: resource, formId, revision } };
      const answer = await send(world, invoke(world, { action }));
      expect(isFault(answer)).toBe(false);
      if (answer.body.includes('too-deep')) continue;
      expect(answer.body).toContain('Which resource');
      revision = Number(buttonData({ status: 200, body: JSON.parse(answer.body) }, 'form.next').revision);
    }
  });
});

test('after all that, forms and request are as they were, and nothing of it was stored', async () => {
  for (const whose of ['requester', 'approver'] as const) {
    const { formId, card } = forms[whose];
    const data = { formId, revision: 0 };
    expect(answered(await world.teams.click(people[whose], card, 'form.refresh', { data }))).toContain(
      'Which resource',
    );
  }
  expect(activityText(await approvalCard(world, requestId))).toContain('Needs approval: 0 of 1');
  expect(await writes(world)).toEqual([]);
  expect(await readRecord(world)).toMatchObject({ findings: [], requests: [requestId] });
  const texts = await queryStore(
    world,
    'select id::text as it from cmk.person union select service_url from cmk.conversation union select key from cmk.document',
  );
  expect(JSON.stringify(texts)).not.toMatch(/99999999|example|etc\/hosts/);
  // Though a member of the team, and named by its roster.
  expect(JSON.stringify(texts)).not.toContain(people.guest);
});
