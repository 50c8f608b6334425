/** How far the steps of a request have come, over waits and runs. */
import type { StoredEvent } from '../../../src/domain/events.ts';
import { fold } from '../../../src/domain/evolve.ts';
import type { StepName } from '../../../src/domain/plan.ts';
import type { Command } from '../../../src/domain/request-command.ts';
import { requester } from '../../support/fixtures.ts';
import {
  doneWith,
  eventsAfter,
  failedWith,
  id,
  intends,
  records,
  settles,
  toApproved,
  toRunning,
} from '../support/commands.ts';

/** The events, a minute apart. */
const minutesApart = (events: readonly StoredEvent[]): readonly StoredEvent[] =>
  events.map((event, n) => ({ ...event, time: new Date(Date.UTC(2026, 2, 2, 12, n)).toISOString() }));

const progressOf = (step: StepName, ...commands: readonly Command[]) =>
  fold(id, minutesApart(eventsAfter(...commands)))?.progress.find((one) => one.name === step);

const retryAt = '2026-03-02T12:30:00.000Z';

test('a step that waits to be tried again is no longer said to be, once a person is asked', () => {
  const both = records(1, failedWith('enable-identity', retryAt), failedWith('create-key', null));
  expect(progressOf('enable-identity', ...toRunning, both)).toMatchObject({ state: 'failed', retryAt: null });
});

/** Done in the first run at minutes 5 to 6, and looked at again in the second. */
const twoRuns = (already: boolean) =>
  [
    ...toRunning,
    records(1, doneWith('enable-identity')),
    intends(1, 'grant-key-access'),
    records(1, failedWith('grant-key-access', null)),
    settles('retry', requester, { asking: 9 }),
    intends(2),
    records(2, doneWith('enable-identity', { already })),
  ] as const;

test('what this request did in an earlier run was not so already, and keeps its time', () => {
  expect(progressOf('enable-identity', ...twoRuns(true))).toMatchObject({
    state: 'done',
    already: false,
    startedAt: '2026-03-02T12:04:00.000Z',
    endedAt: '2026-03-02T12:05:00.000Z',
  });
});

test('what had to be done once more has the time of the run that did it', () => {
  const again = progressOf('enable-identity', ...twoRuns(false));
  expect(again).toMatchObject({ already: false, startedAt: '2026-03-02T12:11:00.000Z' });
});

test('what an earlier try of this request may have done was not so already', () => {
  const waited = [...toRunning, records(1, failedWith('enable-identity', retryAt)), intends(1, 'enable-identity', 2)];
  const found = progressOf('enable-identity', ...waited, records(1, doneWith('enable-identity', { already: true })));
  expect(found).toMatchObject({ state: 'done', already: false, startedAt: '2026-03-02T12:04:00.000Z' });
});

test('what was so before the first try was so already, in every later run too', () => {
  const found = doneWith('enable-identity', { already: true });
  expect(progressOf('enable-identity', ...toRunning, records(1, found))).toMatchObject({ already: true });
  const [first, ...rest] = twoRuns(true).slice(toRunning.length);
  expect(first).toBeDefined();
  expect(progressOf('enable-identity', ...toRunning, records(1, found), ...rest)).toMatchObject({ already: true });
});

test('a step not yet tried has no try', () => {
  expect(progressOf('set-cmk', ...toApproved)).toMatchObject({ state: 'planned', tries: 0, done: null });
});
