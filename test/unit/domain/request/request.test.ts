import { botFailure, type Failure } from '../../../../src/domain/failure.ts';
import type { StepName } from '../../../../src/domain/plan.ts';
import { consequencesOf, reservedResourceId } from '../../../../src/domain/request/consequences.ts';
import {
  botActor,
  newEvent,
  operatorActor,
  personActor,
  recordVersion,
  type StoredEvent,
} from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import type { OpenState } from '../../../../src/domain/request/payloads.ts';
import { openStateAfter } from '../../../../src/domain/request/request.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import { attemptsSoFar } from '../../../../src/domain/retry.ts';
import { parseEventBody } from '../../../../src/operations/registry.ts';
import {
  asks,
  attention,
  cancels,
  changes,
  checks,
  comesTo,
  decides,
  doneWith,
  eventsAfter,
  expires,
  expiresAt,
  failedWith,
  failure,
  id,
  intends,
  records,
  requestAfter,
  settles,
  toApproved,
  toAttention,
  toRunning,
  toSucceeded,
} from '../../../support/builders/commands.ts';
import { approver, requester, resourceId, tenant } from '../../../support/builders/fixtures.ts';
import { noon, planFor, vault, wishForNewKey } from '../../../support/builders/plans.ts';

/** The rows that follow from the events of the last command. */
function rowsAfter(...commands: Command[]) {
  const events = eventsAfter(...commands);
  const before = eventsAfter(...commands.slice(0, -1)).length;
  const request = fold(id, events);
  if (request === null) throw new Error('no commands were given');
  return consequencesOf(request, events.slice(before)).map(({ kind, key, dueAt }) => `${kind} ${key} ${dueAt}`);
}

const now = noon.toISOString();
const of = (kind: string, rows: readonly string[]) => rows.filter((row) => row.startsWith(`${kind} `));

it('a request shows whatever was stored, and tells the audit channel a little later, so that it can merge', () => {
  const changed = rowsAfter(asks(), changes());
  for (const rows of [rowsAfter(asks()), rowsAfter(...toApproved), rowsAfter(asks(), cancels()), changed]) {
    expect(of('show', rows)).toEqual([`show  ${now}`]);
    expect(of('audit', rows)).toEqual(['audit  2026-03-02T12:00:05.000Z']);
  }
  expect(of('show', rowsAfter(asks(), expires))).toEqual([`show  ${expiresAt}`]);
  expect(rowsAfter(...toApproved.slice(0, 2))).toHaveLength(2);
});

it('a request calls people about an end and about what needs them, under the revision of the event', () => {
  expect(of('call', rowsAfter(asks()))).toEqual([]);
  expect(of('call', rowsAfter(...toApproved))).toEqual([]);
  expect(of('call', rowsAfter(asks(), cancels()))).toEqual([`call 2 ${now}`]);
  expect(of('call', rowsAfter(...toAttention))).toEqual([`call ${attention} ${now}`]);
});

it('a request expires a question, and the one that replaces it', () => {
  const moved = checks({ plan: planFor({ seen: { vault: vault({ softDelete: false }) } }) });
  expect(of('expire', rowsAfter(asks()))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(asks(), changes()))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(...toApproved, moved))).toEqual([`expire  ${expiresAt}`]);
  expect(of('expire', rowsAfter(...toAttention))).toEqual([]);
});

it('a request reminds at half time and four hours before the end, and daily of what needs attention', () => {
  expect(of('remind', rowsAfter(asks()))).toEqual([
    'remind half 2026-03-04T00:00:00.000Z',
    'remind last 2026-03-05T08:00:00.000Z',
  ]);
  expect(of('remind', rowsAfter(...toAttention))).toEqual(['remind attention 2026-03-03T12:00:00.000Z']);
});

it('a request holds its agent until it ends', () => {
  expect(reservedResourceId(requestAfter(...toAttention))).toBe(resourceId().toLowerCase());
  expect(reservedResourceId(requestAfter(asks(), cancels()))).toBeNull();
});

const stored = (revision: number, event: ReturnType<typeof newEvent>): StoredEvent => ({
  seq: revision,
  revision,
  cause: `test/${revision}`,
  time: noon.toISOString(),
  ...event,
});

describe('an event body', () => {
  it.each([
    ['another version', { ...newEvent('ended', botActor, { as: 'expired' }).body, schema: 2 }],
    ['an unknown type', { ...newEvent('ended', botActor, { as: 'expired' }).body, type: 'forgotten' }],
    ['a payload of another type', { ...newEvent('ended', botActor, { as: 'expired' }).body, type: 'run-ordered' }],
    ['a run number of nought', newEvent('run-ordered', botActor, { run: 0 }).body],
    ['a field of the record left out', { type: 'ended', data: { as: 'expired' }, actor: botActor }],
  ])('is not one with %s', (_what, value) =>
    expect(() => parseEventBody({ schema: recordVersion, ...value })).toThrow(),
  );

  it('is one with everything', () => {
    const { body } = newEvent('ended', botActor, { as: 'expired' });
    expect(parseEventBody({ ...body, schema: recordVersion })).toEqual(body);
  });
});

it('folding throws on a history that cannot be: a bug, never a state', () => {
  const [first] = eventsAfter(asks());
  if (first === undefined) throw new Error('nothing was submitted');
  expect(() => fold(id, [stored(1, newEvent('ended', botActor, { as: 'expired' }))])).toThrow('starts with ended');
  expect(() => fold(id, [first, { ...first, revision: 2 }])).toThrow('submitted twice');
});

const operator = operatorActor('duty');
const erase = (reason = 'asked for under article 17'): Command => ({ do: 'erase-texts', actor: operator, reason });

describe('erasing texts', () => {
  it('is done by an operator, also after the end', () => {
    expect(comesTo(requestAfter(asks(), cancels()), erase())).toBe('texts-erased');
  });

  it('is not for people in Teams, whoever they are', () => {
    const actor = personActor(requester, tenant, 'local');
    expect(comesTo(requestAfter(asks()), { do: 'erase-texts', actor, reason: 'mine' })).toBe('not-your-request');
  });

  it('wants a reason, which stays in the record with the name of whoever gave it', () => {
    expect(comesTo(requestAfter(asks()), erase('  '))).toBe('reason-missing');
    expect(comesTo(requestAfter(asks()), erase('x'.repeat(501)))).toBe('text-too-long');
    expect(eventsAfter(asks(), erase(' article 17 ')).at(-1)?.body).toMatchObject({
      data: { reason: 'article 17' },
      actor: { kind: 'operator', id: 'duty', signIn: 'command-line' },
      submittedBy: 'duty',
    });
  });

  it('changes nothing but the revision and the texts', () => {
    const before = requestAfter(asks(), decides('reject', approver, { comment: 'not this year' }));
    const after = requestAfter(asks(), decides('reject', approver, { comment: 'not this year' }), erase());
    expect(before).toMatchObject({ ended: { comment: 'not this year', commentErased: false } });
    expect(after).toEqual({
      ...before,
      revision: before.revision + 1,
      justification: null,
      ended: { by: approver, at: before.changedAt, comment: null, commentErased: true },
    });
  });
});

it('records an operator by the name given', () => {
  const cancelled = eventsAfter(asks(), { do: 'cancel', by: null, actor: operator, asking: 1 }).at(-1);
  expect(cancelled?.body).toMatchObject({
    type: 'ended',
    data: { as: 'cancelled' },
    actor: { kind: 'operator' },
    submittedBy: 'duty',
  });
  expect(eventsAfter(asks(), cancels()).at(-1)?.body.submittedBy).toBeNull();
});

/** How far the steps of a request have come, over waits and runs. */

/** The events, a minute apart. */
const minutesApart = (events: readonly StoredEvent[]): readonly StoredEvent[] =>
  events.map((event, n) => ({ ...event, time: new Date(Date.UTC(2026, 2, 2, 12, n)).toISOString() }));

const progressOf = (step: StepName, ...commands: readonly Command[]) =>
  fold(id, minutesApart(eventsAfter(...commands)))?.progress.find((one) => one.name === step);

const retryAt = '2026-03-02T12:30:00.000Z';

test('a step that waits to be tried again is no longer said to be, once a person is asked', () => {
  const plan = planFor({ seen: { key: null }, wished: wishForNewKey() });
  const begun = [asks(2, plan), ...toApproved.slice(1), checks({ plan }), intends(), intends(1, 'make-key-version')];
  const results = records(1, failedWith('enable-identity', retryAt), failedWith('make-key-version', null));
  expect(progressOf('enable-identity', ...begun, results)).toMatchObject({ state: 'failed', retryAt: null });
});

/** Done in the first run at minutes 5 to 6, and looked at again in the second. */
const twoRuns = (already: boolean, first = doneWith('enable-identity')): readonly Command[] => [
  ...toRunning,
  records(1, first),
  intends(1, 'grant-key-access'),
  records(1, failedWith('grant-key-access', null)),
  settles('retry', requester, { asking: 10 }),
  checks({ run: 2 }),
  intends(2),
  records(2, doneWith('enable-identity', { already })),
];

test('what this request did in an earlier run was not so already, and keeps its time', () => {
  expect(progressOf('enable-identity', ...twoRuns(true))).toMatchObject({
    state: 'done',
    already: false,
    startedAt: '2026-03-02T12:05:00.000Z',
    endedAt: '2026-03-02T12:06:00.000Z',
  });
});

test('what had to be done once more has the time of the run that did it', () => {
  const again = progressOf('enable-identity', ...twoRuns(false));
  expect(again).toMatchObject({ already: false, startedAt: '2026-03-02T12:13:00.000Z' });
});

test.each<[string, boolean, Parameters<typeof failure>[0]]>([
  ['refused every time and someone else then did', true, { change: 'refused' }],
  ['perhaps did at an earlier try', false, { change: 'unknown' }],
])('what Azure %s: was so already: %s', (_what, already, change) => {
  const found = progressOf(
    'enable-identity',
    ...toRunning,
    records(1, failedWith('enable-identity', retryAt, 1, change)),
    intends(1, 'enable-identity', 2),
    records(1, doneWith('enable-identity', { already: true, attempt: 2 })),
  );
  expect(found).toMatchObject({ state: 'done', already, startedAt: '2026-03-02T12:05:00.000Z' });
});

test('what was so before the first try was so already, in every later run too', () => {
  const found = doneWith('enable-identity', { already: true });
  expect(progressOf('enable-identity', ...toRunning, records(1, found))).toMatchObject({ already: true });
  expect(progressOf('enable-identity', ...twoRuns(true, found))).toMatchObject({ already: true });
});

describe('whether a step can have changed anything', () => {
  /** What came of each try, in order. */
  const after = (...failures: readonly Failure[]) =>
    progressOf(
      'enable-identity',
      ...toRunning,
      ...failures.flatMap((one, n) => [
        ...(n === 0 ? [] : [intends(1, 'enable-identity', n + 1)]),
        records(1, { step: 'enable-identity', attempt: n + 1, outcome: 'failed', failure: one, retryAt }),
      ]),
    )?.untouched;
  const busy = botFailure('looking', { code: 'resource-busy', provisioningState: 'Working' }, 'wait');

  test.each<[string, boolean, readonly Failure[]]>([
    ['Azure refused it', true, [failure({ change: 'refused' })]],
    [
      'it could not be looked at, then was refused',
      true,
      [failure({ change: 'none' }), failure({ change: 'refused' })],
    ],
    ['Azure was at work on something else', true, [busy]],
    ['it began', false, [failure({ change: 'accepted' })]],
    [
      'it began, and the next try was refused',
      false,
      [failure({ change: 'accepted' }), failure({ change: 'refused' })],
    ],
    ['nothing was heard of it', false, [failure({ change: 'unknown' })]],
  ])('%s: %s', (_what, untouched, failures) => expect(after(...failures)).toBe(untouched));
});

describe('how long a step has been tried', () => {
  const tries = (at: readonly string[]): readonly StoredEvent[] => {
    const events = eventsAfter(
      ...toRunning,
      records(1, failedWith('enable-identity', '2026-03-02T12:00:40.000Z')),
      intends(1, 'enable-identity', 2),
    ).slice(-3);
    return events.map((event, n) => ({ ...event, time: `2026-03-02T${at[n]}.000Z` }));
  };
  const spent = (at: readonly string[], now: string) =>
    attemptsSoFar(tries(at), 1, 'enable-identity', `2026-03-02T${now}.000Z`);

  // A try of 10 s, a wait of 30 s, and a try of 20 s so far.
  const usual = ['12:00:00', '12:00:10', '12:00:40'];
  test.each([
    ['is what tries and waits took', usual, '12:01:00', 60_000],
    ['is not changed by a clock that is set while it waits', [...usual.slice(0, 2), '19:00:40'], '19:01:00', 60_000],
    ['is not used up by a clock that is set forwards in a try', usual, '19:00:00', 40_000 + 120_000],
    ['is not used up by a clock that is set back in a try', usual, '09:00:00', 40_000],
  ])('%s', (_what, at, now, ms) => expect(spent(at, now).spentMs).toBe(ms));
});

it.each([
  ['asked', [asks()]],
  ['succeeds', toSucceeded.slice(0, -1)],
  ['is retried', [...toAttention, settles('retry', requester, { asking: attention }), checks({ run: 2 }), intends(2)]],
])('a request that %s has, after each of its events, the state that its fold says', (_what, commands) => {
  const events = eventsAfter(...commands);
  const seen: OpenState[] = [];
  for (const { body } of events) seen.push(openStateAfter(seen.at(-1) ?? 'awaiting-approval', body.type));
  const folded = events.map((_event, index) => fold(id, events.slice(0, index + 1))?.state);
  expect(seen).toEqual(folded);
});
