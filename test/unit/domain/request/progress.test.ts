/** How far the steps of a request have come, over waits and runs. */

import { botFailure, type Failure } from '../../../../src/domain/failure.ts';
import type { StepName } from '../../../../src/domain/plan.ts';
import type { StoredEvent } from '../../../../src/domain/request/events.ts';
import { fold } from '../../../../src/domain/request/evolve.ts';
import type { OpenState } from '../../../../src/domain/request/payloads.ts';
import { openStateAfter } from '../../../../src/domain/request/request.ts';
import type { Command } from '../../../../src/domain/request/request-command.ts';
import { attemptsSoFar } from '../../../../src/domain/retry.ts';
import {
  asks,
  attention,
  checks,
  doneWith,
  eventsAfter,
  failedWith,
  failure,
  id,
  intends,
  records,
  settles,
  toApproved,
  toAttention,
  toRunning,
  toSucceeded,
} from '../../../support/builders/commands.ts';
import { requester } from '../../../support/builders/fixtures.ts';
import { planFor, wishForNewKey } from '../../../support/builders/plans.ts';

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

  test('is what tries and waits took', () => {
    // A try of 10 s, a wait of 30 s, and a try of 20 s so far.
    expect(spent(['12:00:00', '12:00:10', '12:00:40'], '12:01:00')).toEqual({
      waited: 0,
      spentMs: 60_000,
      tryMs: 20_000,
    });
  });

  test('is not changed by a clock that is set while it waits', () => {
    expect(spent(['12:00:00', '12:00:10', '19:00:40'], '19:01:00').spentMs).toBe(60_000);
  });

  test('is used up by no clock that is set in the middle of a try, forwards or back', () => {
    expect(spent(['12:00:00', '12:00:10', '12:00:40'], '19:00:00').spentMs).toBe(40_000 + 120_000);
    expect(spent(['12:00:00', '12:00:10', '12:00:40'], '09:00:00').spentMs).toBe(40_000);
  });
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
