import { setImmediate } from 'node:timers/promises';
import { PersonId } from '../../../../src/domain/ids.ts';
import { Throttled } from '../../../../src/domain/retry.ts';
import { commands } from '../../../../src/operations/commands/registry.ts';
import { openDeferredUpdates } from '../../../../src/teams/bot/deferred-updates.ts';
import { subjectAfter } from '../../../../src/teams/bot/lists.ts';
import { ownReader } from '../../../../src/teams/bot/request-click.ts';
import { costOf, verbs } from '../../../../src/teams/bot/verbs.ts';
import { nothing } from '../../../../src/teams/cards/plain-text.ts';
import { messageCard } from '../../../../src/teams/cards/views/short-views.ts';
import { requestAfter, submit, toAttention } from '../../../support/builders/commands.ts';
import { approver, requester } from '../../../support/builders/fixtures.ts';
import { inbound } from '../../../support/teams/raw-activity.ts';

const at = { conversationId: '19:operations@thread.tacv2', activityId: '7' };
const answer = messageCard('The answer', nothing);
const status = (statusCode: number) => Object.assign(new Error(`${statusCode}`), { statusCode });
const restarted = Object.assign(new Error('the database was restarted'), { code: '57P01' });
const fail = (error: Error) => async () => {
  throw error;
};
type Later = ReturnType<typeof openDeferredUpdates>;
type Done = () => Promise<void>;
const replaces = (later: Later) => later.replace(at, Promise.resolve(answer));
const follows = (later: Later, done: Done) => later.follow(at, async () => answer, done);

/** What was sent and logged. `failures`: of each attempt in turn. */
async function ofUpdates(begin: (later: Later, done: Done) => void, ...failures: readonly Error[]) {
  const sent: (string | undefined)[] = [];
  const logged: string[] = [];
  const log = (level: string) => () => void logged.push(level);
  const update = async (_at: object, card: { readonly fallbackText?: string }) => {
    const error = failures[sent.push(card.fallbackText) - 1];
    if (error !== undefined) throw error;
    return true;
  };
  begin(
    openDeferredUpdates({
      chat: { update },
      log: { error: log('error'), warn: log('warn') },
      pause: () => setImmediate(),
    }),
    async () => void logged.push('shown'),
  );
  for (const _turn of Array(20).keys()) await setImmediate();
  return { sent, logged };
}

const once = ['The answer'];
const twice = [...once, ...once];
const failed = [expect.stringContaining('Something unexpected happened.')];

test('what is sent and logged where an answer can’t be read, or Teams doesn’t take it at once', async () => {
  const cases = [
    [[], ['error'], ofUpdates((later, done) => later.follow(at, fail(new TypeError('a bug')), done))],
    [[], ['warn'], ofUpdates((later, done) => later.follow(at, fail(restarted), done))],
    [once, ['warn'], ofUpdates(follows, new Error('Teams did not answer'))],
    [failed, ['error'], ofUpdates((later) => later.replace(at, fail(restarted)()))],
    // Teams might have shown it: no error replaces it.
    [once, ['warn'], ofUpdates(replaces, new Error('Teams did not answer'))],
    [twice, [], ofUpdates(replaces, new Throttled(300))],
    // Once more, in case that a slow answer stands over it.
    [twice, ['shown'], ofUpdates(follows)],
    [[...twice, ...once], ['shown'], ofUpdates(follows, status(502))],
    [once, ['warn'], ofUpdates(replaces, new Throttled(600_000))],
    [once, ['warn'], ofUpdates(replaces, status(409))],
  ] as const;
  const found = await Promise.all(cases.map(async ([, , updates]) => updates));
  expect(found).toEqual(cases.map(([sent, logged]) => ({ sent, logged })));
});

const person = PersonId.parse('20000000-0000-4000-8000-000000000001');
const open = { list: 'open', filter: 'all', id: 'triage' };

it.each([
  ['mine', open, { list: 'open', filter: 'mine', id: person }],
  ['running', open, { list: 'open', filter: 'running', id: '' }],
  ['page', { list: 'latest', filter: 'all', id: '' }, { list: 'latest', filter: 'all', id: '' }],
  ['page', {}, null],
  ['page', { list: 'history', filter: 'everything', id: '/subscriptions/../x' }, null],
  ['page', { list: 'open', filter: 'all', id: 'x'.repeat(101) }, null],
  ['mine', { list: 'latest', filter: 'all', id: '' }, null],
])('list.%s on %j shows %j', (word, data, expected) => {
  expect(subjectAfter(`list.${word}`, { ...data, revision: 2 }, { person })).toEqual(expected);
});

const waiting = requestAfter(submit());
test.each([
  [approver, 'yes', { kind: 'approver', id: approver }],
  [approver, 'no', { kind: 'everybody' }],
  [approver, 'unknown', { kind: 'everybody' }],
  [requester, 'yes', { kind: 'requester' }],
] as const)('only an approver has the buttons of one: %s, %s', async (person, status, reader) => {
  const ports = { approverOf: async () => status, operator: async () => 'yes' as const };
  expect(await ownReader(ports, waiting, person)).toEqual(reader);
});

test.each([
  ['yes', { kind: 'operator', id: approver }],
  ['unknown', { kind: 'everybody' }],
] as const)('an operator has buttons while the request needs attention: %s', async (operator, reader) => {
  const ports = { approverOf: async () => 'no' as const, operator: async () => operator };
  expect(await ownReader(ports, requestAfter(...toAttention), approver)).toEqual(reader);
});

/** That a command or a button costs what it reads of Azure: test/long/call-costs.test.ts. */
const typed = (text: string) => costOf(inbound({ text }));
const clicked = (verb: string) =>
  costOf(inbound({ type: 'invoke', name: 'adaptiveCard/action', value: { action: { verb, data: {} } } }));

it('what reads the record or Azure counts for more than a click', () => {
  for (const { name, weight } of commands) expect([name, typed(name).clicks > 1]).toEqual([name, weight !== 'light']);
  for (const text of ['cmk-history CMK-7F3K9Q', '  /CMK-HISTORY', '/cmk-requests']) {
    expect(typed(text)).toEqual({ clicks: 5, azureCalls: 16 });
  }
});

it('a command that is begun by a button weighs what it does when it is typed', () => {
  for (const { name } of commands) expect(clicked(`help.${name.slice(1)}`)).toEqual(typed(name));
  for (const text of ['/cmk-history', '/enable-cmk triage', 'nonsense']) {
    const action = { verb: 'typed.meant', data: { text } };
    expect(costOf(inbound({ type: 'invoke', name: 'adaptiveCard/action', value: { action } }))).toEqual(typed(text));
  }
});

it('what is no command is light, whatever it looks like', () => {
  const light = { clicks: 1, azureCalls: 0 };
  for (const text of ['', '/nothing', 'x'.repeat(10_000)]) expect(typed(text)).toEqual(light);
  for (const verb of ['constructor', '__proto__']) expect(clicked(verb)).toEqual(light);
});

it('what a client sends by itself shows a card, and nothing else', () => {
  const refreshing = [...verbs].filter(([, { effect }]) => effect === 'refresh').map(([name]) => name);
  expect(refreshing.sort()).toEqual(['drift.refresh', 'form.refresh', 'form.show', 'request.refresh']);
});
