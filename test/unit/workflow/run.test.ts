import type { StepName } from '../../../src/domain/plan.ts';
import type { Job } from '../../../src/domain/ports/store.ts';
import { noTracing } from '../../../src/domain/ports/telemetry.ts';
import { keyFate } from '../../../src/domain/request/step-status.ts';
import { openRetryAfterOutage } from '../../../src/workflow/retry-after-outage.ts';
import { openRunJobs, type RunJobPorts } from '../../../src/workflow/run-job.ts';
import { failure, id, settles } from '../../support/builders/commands.ts';
import { requester } from '../../support/builders/fixtures.ts';
import { noon, resource, under, version, wishForNewKey } from '../../support/builders/plans.ts';
import { approvedRequest, Killed } from '../../support/builders/run-world.ts';

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
    decisions: { isPublished: async () => true },
    paused: false,
    clock: { look: async () => null },
    ownTime: world.ports.now,
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

it('a job runs the plan until it has ended, and has the cards updated when it begins', async () => {
  const { carryOut, load, told } = await runJob();
  expect(await carryOut()).toBeNull();
  expect((await load()).state).toBe('succeeded');
  expect(told).toEqual(['show']);
  // Its job came up again: nothing is left to do.
  expect(await carryOut()).toBeNull();
});

it('a job is nothing to do where nobody ordered that run: somebody put the job in', async () => {
  const { carryOut, load, told } = await runJob();
  for (const key of ['2', 'x', '']) expect(await carryOut(key)).toBeNull();
  expect(told).toEqual(['orphan 2', 'orphan x', 'orphan ']);
  expect((await load()).state).toBe('approved');
});

it('a job is not begun before the time that was chosen, although its job came up', async () => {
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

it('a run changes nothing in Azure before its last decision is published, and waits for no time that passes', async () => {
  const ends = new AbortController();
  const asked: number[] = [];
  const isPublished: RunJobPorts['decisions']['isPublished'] = async ({ decided }) => {
    asked.push(decided.seq);
    ends.abort();
    return false;
  };
  const { carryOut, events, azure, load } = await runJob({ decisions: { isPublished } });
  await expect(carryOut('1', ends.signal)).rejects.toThrow();
  // The approval, which the order of the run follows.
  expect(asked).toEqual([2]);
  expect([events(), azure.writes]).toEqual([['run-checked'], []]);
  const again = await runJob({ decisions: { isPublished: async () => true } });
  await again.carryOut();
  expect((await again.load()).state).toBe('succeeded');
  expect((await load()).state).toBe('approved');
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

it('the retry after an outage waits a while, waits while the bot is paused or Azure is still away, and is stored once', async () => {
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

const killedAt = (at: StepName | 'record') => (turn: string) => {
  if (turn === at) throw new Killed();
};

it('asks before each change whether the run is still its own, also after it took the run over', async () => {
  const { azure, drive } = await approvedRequest();
  const fenced: boolean[] = [];
  let within = 0;
  azure.before('resources.enableSystemIdentity', () => fenced.push(within > 0));
  const permitted = async <T>(work: () => Promise<T>): Promise<T> => {
    within += 1;
    return work().finally(() => {
      within -= 1;
    });
  };
  azure.refuse('resources.enableSystemIdentity', failure({ next: 'wait', code: 'ServiceUnavailable', status: 503 }));
  await expect(drive(1, { permitted, before: killedAt('record') })).rejects.toThrow(Killed);
  expect((await drive(1, { permitted })).state).toBe('succeeded');
  expect(fenced).toEqual([true, true]);
});

describe('an attempt whose process ended', () => {
  const settled = { provisioningState: 'Succeeded' };

  /** Killed after Azure accepted the key, and before it was through. */
  async function inTheMiddle() {
    const world = await approvedRequest();
    const { azure, drive } = world;
    await expect(drive(1, { after: killedAt('set-cmk') })).rejects.toThrow(Killed);
    azure.world.resource = resource({ ...azure.world.resource, customerKey: null, provisioningState: 'Accepted' });
    return world;
  }

  it('is waited for while Azure still carries it out', async () => {
    const { azure, drive, advance, events } = await inTheMiddle();
    let waits = 0;
    const done = await drive(1, {
      advance: (ms) => {
        advance(ms);
        waits += 1;
        if (waits === 5)
          azure.world.resource = resource({ ...azure.world.resource, ...settled, customerKey: under(version('a')) });
      },
    });
    expect(done.progress.find(({ name }) => name === 'set-cmk')).toMatchObject({ attempt: 1, interrupted: true });
    expect([done.state, keyFate(done)]).toEqual(['succeeded', 'changed']);
    expect(azure.writes.filter((write) => write === 'resources.setCustomerKey')).toHaveLength(1);
    expect(events()).not.toContain('step-failed');
  });

  it('is not denied where Azure doesn’t end it: a person is asked once, and a later run finds what it did', async () => {
    const { azure, drive, send, load, ports, events } = await inTheMiddle();
    const start = ports.now().getTime();
    const stuck = await drive();
    expect([stuck.state, keyFate(stuck)]).toEqual(['needs-attention', 'unknown']);
    expect(events().filter((type) => type === 'step-failed')).toHaveLength(1);
    expect(ports.now().getTime() - start).toBeGreaterThan(50_000);
    azure.world.resource = resource({ ...azure.world.resource, ...settled, customerKey: under(version('a')) });
    await send('click:retry', settles('retry', requester, { asking: stuck.asking }));
    const done = await drive((await load()).runs);
    expect([done.state, keyFate(done)]).toEqual(['succeeded', 'changed']);
    expect(done.progress.find(({ name }) => name === 'set-cmk')).toMatchObject({ already: false, interrupted: true });
    expect(azure.writes.filter((write) => write === 'resources.setCustomerKey')).toHaveLength(1);
  });
});

it('says of what somebody else did after its intent that it was so already', async () => {
  const { azure, load, drive } = await approvedRequest();
  const before = async (turn: string): Promise<void> => {
    if (turn === 'enable-identity')
      await azure.resources.enableSystemIdentity((await load()).plan.spec.resource, resource());
  };
  expect((await drive(1, { before })).progress[0]).toMatchObject({ already: true, interrupted: false });
});

/**
 * The process is killed at one turn of a run, before it or after it; then the run goes on from its events. What is written and
 * set is the same as without a kill, and of each attempt that was cut off the log says what is known.
 */
const setting = () => approvedRequest({ wished: wishForNewKey(), world: { keys: [] } });
const moments = ['before', 'after'] as const;

const writeOf: Partial<Record<StepName, string>> = {
  'enable-identity': 'resources.enableSystemIdentity',
  'make-key-version': 'keys.createIfMissing',
  'grant-key-access': 'grants.grant',
  'protect-vault': 'vaults.protect',
  'set-cmk': 'resources.setCustomerKey',
};

async function outcomeOf(kill: { readonly turn: number; readonly moment: (typeof moments)[number] } | null) {
  const { drive, load, azure, requests } = await setting();
  let taken = 0;
  const count = (): void => {
    taken += 1;
    if (taken === (kill?.turn ?? 0)) throw new Killed();
  };
  if (kill !== null) await expect(drive(1, { [kill.moment]: count })).rejects.toThrow(Killed);
  const cut = (await load()).progress.flatMap(({ name, state }) => (state === 'running' ? (writeOf[name] ?? []) : []));
  const sent = cut.filter((write) => azure.writes.includes(write));
  const done = await drive(1, kill === null ? { before: count } : {});
  const results = requests.all().flatMap(({ body }) => {
    return body.type === 'step-done' || body.type === 'step-failed' ? body : [];
  });
  const of = (wanted: (one: (typeof results)[number]) => boolean) =>
    results.filter(wanted).map(({ data }) => writeOf[data.step] ?? data.step);
  return {
    taken,
    cut,
    sent,
    state: done.state,
    key: azure.world.resource?.customerKey,
    writes: azure.writes.toSorted(),
    confirmed: of(({ type, data }) => type === 'step-done' && data.interrupted === true),
    failed: of(({ type }) => type === 'step-failed'),
    already: of(({ type, data }) => type === 'step-done' && data.already && data.interrupted !== true),
  };
}

const undisturbed = await outcomeOf(null);
const turns = Array.from({ length: undisturbed.taken }, (_, n) => n + 1);

describe.each(moments)('a kill %s', (moment) => {
  it.each(turns)('turn %i changes nothing in what is written and set, and what was sent is confirmed', async (turn) => {
    const { cut, sent, state, writes, key, confirmed, failed, already } = await outcomeOf({ turn, moment });
    expect({ state, writes, key }).toEqual({ state: 'succeeded', writes: undisturbed.writes, key: undisturbed.key });
    expect({ confirmed, failed, already }).toEqual({
      confirmed: sent,
      failed: cut.filter((write) => !sent.includes(write)),
      already: [],
    });
  });
});
