import type { Job } from '../../../src/domain/ports/store.ts';
import { noTracing } from '../../../src/domain/ports/telemetry.ts';
import { openRetryAfterOutage } from '../../../src/workflow/retry-after-outage.ts';
import { openRunJobs, type RunJobPorts } from '../../../src/workflow/run-job.ts';
import { failure, id } from '../../support/builders/commands.ts';
import { noon } from '../../support/builders/plans.ts';
import { approvedRequest } from '../../support/builders/run-world.ts';

/** A run's job, over an Azure in memory. `mine`: whether the claim is still this process's. */
async function runJob(change: Partial<RunJobPorts> = {}, notBefore: string | null = null) {
  const world = await approvedRequest({ notBefore });
  const told: string[] = [];
  let mine = true;
  const ports: RunJobPorts = {
    ...world.ports,
    jobs: {
      isMine: async () => mine,
      requestShow: async () => void told.push('show'),
      reportOrphan: ({ key }) => void told.push(`orphan ${key}`),
    },
    ...{ paused: false, clock: { look: async () => null }, ownTime: world.ports.now },
    withWriteFence: async (fence, work) => {
      await fence();
      return work();
    },
    isStores: () => false,
    log: { error: (_fields, message) => void told.push(message), warn: (_fields, message) => void told.push(message) },
    tracing: noTracing,
    ...change,
  };
  const { carryOut } = openRunJobs(ports);
  const job = { id: 'a', retryCount: 0, kind: 'run', stream: id, attempts: 0, traceparent: null } as const;
  return {
    ...world,
    told,
    lose: () => {
      mine = false;
    },
    carryOut: (key = '1', signal = new AbortController().signal, more: Partial<Pick<Job, 'retryCount'>> = {}) =>
      carryOut({ ...job, key, dueAt: noon.toISOString(), ...more }, signal),
  };
}

it('runs the plan until it has ended, and has the cards updated when it begins', async () => {
  const { carryOut, load, told } = await runJob();
  expect(await carryOut()).toBeNull();
  expect((await load()).state).toBe('succeeded');
  expect(told).toEqual(['show']);
  // Its job came up again: nothing is left to do.
  expect(await carryOut()).toBeNull();
});

it('is nothing to do where nobody ordered that run: somebody put the job in', async () => {
  const { carryOut, load, told } = await runJob();
  for (const key of ['2', 'x', '']) expect(await carryOut(key)).toBeNull();
  expect(told).toEqual(['orphan 2', 'orphan x', 'orphan ']);
  expect((await load()).state).toBe('approved');
});

it('is not begun before the time that was chosen, although its job came up', async () => {
  const notBefore = new Date(noon.getTime() + 3_600_000).toISOString();
  const { carryOut, load, told, advance } = await runJob({}, notBefore);
  expect(await carryOut()).toEqual({ at: notBefore });
  // Its card might say that the bot is paused.
  expect(told).toEqual(['show']);
  advance(3_600_000);
  expect(await carryOut()).toBeNull();
  expect((await load()).state).toBe('succeeded');
});

it.each<[string, Partial<RunJobPorts>]>([
  ['although this machine’s clock is not there yet', { ownTime: () => noon }],
  ['while the clocks differ', { clock: { look: async () => ({ kind: 'clock', aheadMs: -345_600_000 }) } }],
])('is not begun when the database says that it is time, %s', async (_why, change) => {
  const { carryOut, load, advance } = await runJob(change, new Date(noon.getTime() + 3_600_000).toISOString());
  advance(3_600_000);
  expect(await carryOut()).toEqual({ afterMs: 5_000 });
  expect((await load()).state).toBe('approved');
});

it('waits while the bot is paused, and shows that once', async () => {
  const { carryOut, load, told } = await runJob({ paused: true });
  for (let times = 0; times < 3; times += 1) expect(await carryOut()).toEqual({ afterMs: 5_000 });
  expect(told).toEqual(['show']);
  expect((await load()).state).toBe('approved');
});

it('says that it takes over a run', async () => {
  const { carryOut, told } = await runJob();
  await carryOut('1', undefined, { retryCount: 1 });
  expect(told).toContain('a run that lost its replica is taken over');
});

it('stores and changes nothing once another process has the claim', async () => {
  const { carryOut, lose, azure, events } = await runJob();
  lose();
  await expect(carryOut()).rejects.toThrow('was taken over');
  expect(events()).toEqual([]);
  expect(azure.writes).toEqual([]);
});

it('changes nothing in Azure if the claim is lost between the intent and the change', async () => {
  // The check and the intent are stored; the claim is asked for once more before the change.
  let asked = 0;
  const isMine = async () => {
    asked += 1;
    return asked <= 2;
  };
  const { carryOut, azure, events } = await runJob({
    jobs: { isMine, requestShow: async () => undefined, reportOrphan: () => undefined },
  });
  await expect(carryOut()).rejects.toThrow('was taken over');
  expect(events()).toEqual(['run-checked', 'step-intended']);
  expect(azure.writes).toEqual([]);
});

it('stores and changes nothing once the process stops', async () => {
  const { carryOut, events } = await runJob();
  await expect(carryOut('1', AbortSignal.abort())).rejects.toThrow();
  expect(events()).toEqual([]);
});

describe('the retry after an outage', () => {
  const outage = failure({ next: 'wait', code: 'ServiceUnavailable', status: 503 });
  /** An outage that outlasts every attempt of the first step. */
  async function stuck(cause = outage) {
    const world = await approvedRequest();
    world.azure.refuse('resources.enableSystemIdentity', cause, 99);
    const { asking, state } = await world.drive();
    expect(state).toBe('needs-attention');
    const check = (paused = false) => openRetryAfterOutage({ ...world.ports, paused })(id, asking);
    return { ...world, asking, check };
  }
  const afterSome = { afterMs: expect.any(Number) };

  it('waits a while, waits while the bot is paused or Azure is still away, and is stored once', async () => {
    const { check, advance, azure, load } = await stuck();
    expect(await check()).toEqual(afterSome);
    advance(60_000);
    expect(await check(true)).toEqual(afterSome);
    azure.refuse('resources.get', outage);
    expect(await check()).toEqual(afterSome);
    expect((await load()).state).toBe('needs-attention');
    expect(await Promise.all([check(), check()])).toEqual([null, null]);
    expect(await load()).toMatchObject({ state: 'approved', runs: 2 });
  });

  it('doesn’t follow a refusal, a second outage or a person’s retry', async () => {
    const refused = await stuck(failure());
    refused.advance(60_000);
    expect([await refused.check(), (await refused.load()).state]).toEqual([null, 'needs-attention']);
    const { check, advance, drive, ports, load } = await stuck();
    advance(60_000);
    await check();
    const { asking } = await drive(2);
    advance(60_000);
    expect(await openRetryAfterOutage({ ...ports, paused: false })(id, asking)).toBeNull();
    expect(await check()).toBeNull();
    expect(await load()).toMatchObject({ state: 'needs-attention', runs: 2 });
  });
});
