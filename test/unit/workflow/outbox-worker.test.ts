import { jest } from '@jest/globals';
import { noTracing } from '../../../src/domain/ports/telemetry.ts';
import type { OutboxItem } from '../../../src/domain/request/consequences.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { Throttled } from '../../../src/domain/retry.ts';
import { startOutboxWorker } from '../../../src/workflow/outbox-worker.ts';
import { asks, cancels, expiresAt, id, later } from '../../support/builders/commands.ts';
import { memoryRequests } from '../../support/builders/memory-requests.ts';
import { noon } from '../../support/builders/plans.ts';

const expiry: OutboxItem = {
  ...{ requestId: id, kind: 'expire', key: '', dueAt: expiresAt },
  ...{ attempts: 0, version: 1, traceparent: null },
};

const nothing = async () => null;
const quiet = {
  ...{ run: nothing, audit: nothing, remind: nothing, checkUsage: nothing, retryAfterOutage: nothing },
  show: async () => undefined,
  call: async () => undefined,
  alert: async () => undefined,
  instance: 'one',
  log: { warn: () => undefined },
  tracing: noTracing,
};

type Outbox = Parameters<typeof startOutboxWorker>[0]['outbox'];

/** Hands out these rows once. */
const outboxOf = (due: OutboxItem[], change: Partial<Outbox> = {}): Outbox => ({
  claim: async () => due.splice(0),
  finish: async () => true,
  postpone: async () => undefined,
  reschedule: async () => undefined,
  onWritten: () => undefined,
  ...change,
});

/** What becomes of the row that ends a request in time, where it comes up at that time. */
async function cameUp(at: Date, ...commands: readonly Command[]) {
  let now = noon;
  const requests = memoryRequests(() => now);
  for (const [n, command] of commands.entries())
    await requests.append(id, `${n}`, (request, time) => decide(request, command, time));
  now = at;
  const became: string[] = [];
  const worker = startOutboxWorker({
    outbox: outboxOf([expiry], {
      finish: async () => became.push('gone') > 0,
      postpone: async () => void became.push('put off'),
      reschedule: async (_item, again) => void became.push('at' in again ? again.at : 'later'),
    }),
    ...quiet,
    requests,
  });
  await worker.stop();
  return { became, state: (await requests.load(id))?.state };
}

it('ends what nobody decided in time', async () => {
  expect(await cameUp(later, asks())).toEqual({ became: ['gone'], state: 'expired' });
});

it('comes up again at the end of the time, where it came up early: a clock was set right', async () => {
  expect(await cameUp(noon, asks())).toEqual({ became: [expiresAt], state: 'awaiting-approval' });
});

it('is done with where the request has ended', async () => {
  expect(await cameUp(later, asks(), cancels())).toEqual({ became: ['gone'], state: 'cancelled' });
});

it('begins runs and ends what nobody decided although Teams answers no post', async () => {
  const rows = (kind: 'show' | 'run', count: number): OutboxItem[] =>
    Array.from({ length: count }, (_, n) => ({ ...expiry, kind, key: `${n}`, version: n }));
  // Earlier than the run, and more of them than hands.
  let due = [...rows('show', 40), ...rows('run', 1)];
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const begun = new Promise<string>((resolve, reject) => {
    const tooLate = setTimeout(() => reject(new Error('no run began')), 5_000);
    const worker = startOutboxWorker({
      ...quiet,
      outbox: outboxOf([], {
        claim: async (_instance, _leaseMs, limit, _inHand, kinds) => {
          const claimed = due.filter(({ kind }) => kinds?.includes(kind) ?? true).slice(0, limit);
          due = due.filter((one) => !claimed.includes(one));
          return claimed;
        },
      }),
      requests: memoryRequests(() => noon),
      show: () => held,
      run: async () => {
        clearTimeout(tooLate);
        resolve('begun');
        answer();
        return null;
      },
    });
    void held.then(() => worker.stop());
  });
  await begun.finally(answer);
  expect(due.length).toBeGreaterThan(0);
});

it('begins work again that has been in hand for half an hour', async () => {
  jest.useFakeTimers();
  try {
    const due = [expiry];
    let held = 0;
    startOutboxWorker({
      ...quiet,
      outbox: outboxOf([], {
        claim: async (_instance, _leaseMs, _limit, inHand) => {
          held = inHand.length;
          return due.splice(0);
        },
      }),
      requests: { ...memoryRequests(() => noon), append: () => new Promise(() => undefined) },
    });
    await jest.advanceTimersByTimeAsync(29 * 60_000);
    expect(held).toBe(1);
    await jest.advanceTimersByTimeAsync(2 * 60_000);
    expect(held).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

/** How long the worker waits with rows that Teams doesn't take, and what it logs. */
async function postponed(due: OutboxItem[], fails: () => Error) {
  const waits: number[] = [];
  const logged: object[] = [];
  const worker = startOutboxWorker({
    ...quiet,
    outbox: outboxOf(due, { postpone: async (_item, waitMs) => void waits.push(waitMs) }),
    requests: memoryRequests(() => noon),
    show: async () => Promise.reject(fails()),
    log: { warn: (fields, message) => void logged.push({ ...fields, message }) },
  });
  await worker.stop();
  return { waits, logged };
}

it('waits as long as Teams asks, if that is longer, and ten minutes at most', async () => {
  const asked = [1, 120_000, 36_000_000];
  const due = asked.map((version) => ({ ...expiry, kind: 'show' as const, version }));
  const { waits } = await postponed(due, () => new Throttled(asked.shift() ?? 0));
  expect(waits).toEqual([500, 120_000, 600_000]);
});

it('tries again within a minute, however often it failed, and logs how often that was', async () => {
  const { waits, logged } = await postponed(
    [{ ...expiry, kind: 'show', attempts: 12 }],
    () => new Error('Teams is away'),
  );
  expect(waits).toEqual([60_000]);
  expect(logged).toMatchObject([{ message: 'outbox item postponed', kind: 'show', requestId: id, attempts: 13 }]);
});
