import { jest } from '@jest/globals';
import type { Job, Jobs } from '../../../src/domain/ports/store.ts';
import { noTracing } from '../../../src/domain/ports/telemetry.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { Throttled } from '../../../src/domain/retry.ts';
import { Semaphore } from '../../../src/workflow/run-plan.ts';
import { startWorker } from '../../../src/workflow/worker.ts';
import { asks, expiresAt, id, later } from '../../support/builders/commands.ts';
import { memoryRequests } from '../../support/builders/memory-requests.ts';
import { noon } from '../../support/builders/plans.ts';

type Kind = Exclude<Job['kind'], 'alert' | 'webhook'>;
const jobOf = (kind: Kind, change: Partial<Pick<Job, 'id' | 'attempts'>> = {}): Job & { readonly kind: Kind } => ({
  id: kind,
  retryCount: 0,
  kind,
  stream: id,
  key: '',
  dueAt: expiresAt,
  attempts: 0,
  traceparent: null,
  ...change,
});

const nothing = async () => null;
const agrees: Parameters<typeof startWorker>[0]['clock'] = { look: nothing };
const quiet = {
  run: nothing,
  audit: nothing,
  remind: nothing,
  checkUsage: nothing,
  retryAfterOutage: nothing,
  show: nothing,
  call: nothing,
  escalatedTo: async () => [],
  alert: async () => undefined,
  webhook: async () => undefined,
  log: { warn: () => undefined },
  clock: agrees,
  tracing: noTracing,
  requests: memoryRequests(() => noon),
};

/** Hands out these jobs once. `became`: what the worker told of each. */
function jobsOf(due: Job[], change: Partial<Jobs> = {}) {
  const became: string[] = [];
  const jobs: Jobs = {
    claim: async () => due.splice(0),
    renew: async () => [],
    isAnswering: () => true,
    isMine: async () => true,
    freeLostClaims: async () => void became.push('looked for lost claims'),
    finish: async ({ kind }) => (became.push(`${kind} done`) > 0 ? 'gone' : 'lost'),
    release: async ({ kind }, again, attempts) =>
      void became.push(`${kind} ${'at' in again ? again.at : `in ${again.afterMs}`}, attempts ${attempts}`),
    requestShow: async () => void became.push('show requested'),
    requestRun: async () => undefined,
    retryPosts: async () => undefined,
    cardsDue: nothing,
    oldestDue: nothing,
    mostAttempts: async () => 0,
    reportOrphan: () => undefined,
    orphans: () => 0,
    onWritten: () => undefined,
    ...change,
  };
  return { jobs, became };
}

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] }));
afterEach(() => void jest.useRealTimers());

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** What becomes of the job that ends a request in time, where it comes up at that time. */
async function cameUp(at: Date, commands: readonly Command[], change: Partial<typeof quiet> = {}) {
  let now = noon;
  const requests = memoryRequests(() => now);
  for (const [n, command] of commands.entries())
    await requests.append(id, `${n}`, (request, time) => decide(request, command, time));
  now = at;
  const { jobs, became } = jobsOf([jobOf('expire')]);
  await startWorker({ ...quiet, jobs, requests, ...change }).stop();
  return { became, state: (await requests.load(id))?.state };
}

it('ends what nobody decided in time', async () => {
  expect(await cameUp(later, [asks()])).toEqual({ became: ['expire done'], state: 'expired' });
});

it('comes up again at the end of the time, where it came up early: a clock was set right', async () => {
  const again = `expire ${expiresAt}, attempts 0`;
  expect(await cameUp(noon, [asks()])).toEqual({ became: [again], state: 'awaiting-approval' });
});

it('expires nothing while this machine’s clock and the database’s differ', async () => {
  const clock = { look: async () => ({ kind: 'clock', aheadMs: -345_600_000 }) as const };
  const again = { became: ['expire in 10000, attempts 0'], state: 'awaiting-approval' };
  expect(await cameUp(later, [asks()], { clock })).toEqual(again);
});

it('begins runs and ends what nobody decided although Teams answers no post', async () => {
  let due = [...Array.from({ length: 40 }, (_, n) => jobOf('show', { id: `${n}` })), jobOf('run')];
  const claim = async (limit: number, onlyUrgent: boolean) => {
    const claimed = due.filter(({ kind }) => !onlyUrgent || kind === 'run').slice(0, limit);
    due = due.filter((one) => !claimed.includes(one));
    return claimed;
  };
  let answer: () => void = () => undefined;
  const held = new Promise<null>((resolve) => {
    answer = () => resolve(null);
  });
  const { jobs } = jobsOf([], { claim });
  const begun: string[] = [];
  const run = async () => {
    begun.push('run');
    return null;
  };
  const worker = startWorker({ ...quiet, jobs, show: () => held, run });
  for (let turns = 0; turns < 20; turns += 1) await settled();
  expect(begun).toEqual(['run']);
  expect(due.length).toBeGreaterThan(0);
  answer();
  await worker.stop();
});

/** What becomes of jobs that Teams doesn't take, and what is logged. */
async function postponed(due: Job[], fails: () => Error) {
  const logged: object[] = [];
  const { jobs, became } = jobsOf(due);
  const show = async () => Promise.reject(fails());
  const log = { warn: (fields: object, message: string) => void logged.push({ ...fields, message }) };
  await startWorker({ ...quiet, jobs, show, log }).stop();
  return { became, logged };
}

it('waits as long as Teams asks, if that is longer, and ten minutes at most', async () => {
  const asked = [1, 120_000, 36_000_000];
  const due = asked.map((ms) => jobOf('show', { id: `${ms}` }));
  const { became } = await postponed(due, () => new Throttled(asked.shift() ?? 0));
  expect(became).toEqual([500, 120_000, 600_000].map((ms) => `show in ${ms}, attempts 1`));
});

it('tries again within a minute, however often it failed, and logs how often that was', async () => {
  const { became, logged } = await postponed([jobOf('show', { attempts: 12 })], () => new Error('Teams is away'));
  expect(became).toEqual(['show in 60000, attempts 13']);
  expect(logged).toMatchObject([{ message: 'work postponed', kind: 'show', requestId: id, attempts: 13 }]);
});

/** A worker with one job in hand, and what the job's signal says. */
async function inHand(kind: 'run' | 'show', change: Partial<Jobs> = {}) {
  const { jobs, became } = jobsOf([jobOf(kind)], change);
  let held: AbortSignal | null = null;
  const work = (signal: AbortSignal) => {
    held = signal;
    return new Promise<null>((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('lost'))));
  };
  const worker = startWorker({
    ...quiet,
    jobs,
    run: (_job, signal) => work(signal),
    show: (_id, signal) => work(signal),
  });
  for (let turns = 0; turns < 5; turns += 1) await settled();
  return { worker, became, isAborted: () => (held === null ? null : (held as AbortSignal).aborted) };
}

it('gives up what it lost, and neither finishes it nor gives it back', async () => {
  const { worker, became, isAborted } = await inHand('show', { renew: async (held) => held });
  await jest.advanceTimersByTimeAsync(1_200);
  expect(isAborted()).toBe(true);
  await worker.stop();
  expect(became).toEqual([]);
});

it('gives runs back at once when it stops', async () => {
  const { worker, became, isAborted } = await inHand('run');
  expect(isAborted()).toBe(false);
  await worker.stop();
  expect(isAborted()).toBe(true);
  expect(became).toEqual(['run in 0, attempts 0']);
});

it('takes over nothing before its own beats were regular for three seconds', async () => {
  const { jobs, became } = jobsOf([]);
  const worker = startWorker({ ...quiet, jobs });
  await jest.advanceTimersByTimeAsync(2_500);
  expect(became).toEqual([]);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(became).toEqual(['looked for lost claims']);
  await worker.stop();
});

test('room for two: the third waits until one leaves or waits outside, who comes back behind it', async () => {
  const room = new Semaphore(2);
  const seen: string[] = [];
  const enter = (name: string) => room.enter().then(() => void seen.push(name));
  await Promise.all([enter('first'), enter('second')]);
  const third = enter('third');
  await Promise.resolve();
  expect(seen).toEqual(['first', 'second']);
  let end = (): void => undefined;
  const outside = room
    .outside(() => new Promise<void>((resolve) => (end = resolve)))
    .then(() => void seen.push('first again'));
  await third;
  const fourth = enter('fourth');
  end();
  await Promise.resolve();
  room.leave();
  await fourth;
  room.leave();
  await outside;
  expect(seen).toEqual(['first', 'second', 'third', 'fourth', 'first again']);
});
