import type { EngineRun } from '../../../src/workflow/fencing.ts';
import { openRunMonitor } from '../../../src/workflow/run-monitor.ts';
import { recordIntent, runPreRunCheck } from '../../../src/workflow/workflow-steps.ts';
import { id } from '../../support/builders/commands.ts';
import { noon } from '../../support/builders/plans.ts';
import { approvedRequest } from '../../support/builders/run-world.ts';

const going: EngineRun = { state: 'going', status: 'PENDING', replica: 'two', workflowVersion: '1', here: false };

/** A watch over run 1, by replica `one` of workflow version 1; `look` looks once, `wait` first lets the grace pass. */
async function watched(
  known: EngineRun | null,
  alive: readonly string[] = ['one/1'],
  paused = false,
  setting: Parameters<typeof approvedRequest>[0] = {},
) {
  const world = await approvedRequest(setting);
  const done: string[] = [];
  const origins: unknown[] = [];
  const shown: string[] = [];
  const engine: { known: EngineRun | null } = { known };
  const watch = openRunMonitor({
    runs: world.ports,
    engine: {
      startRun: async (_id, _run, from) => {
        done.push('start');
        origins.push(from);
      },
      takeOver: async () => void done.push('takeOver'),
      dequeueRuns: async () => void done.push('take'),
      look: async () => engine.known,
    },
    leases: {
      alive: async () =>
        alive.map((one) => ({ instance: one.split('/')[0] ?? '', workflowVersion: one.split('/')[1] ?? '' })),
    },
    me: { instance: 'one', workflowVersion: '1' },
    beatMs: 1_000,
    paused,
    outbox: {
      requestShow: async () => void shown.push(paused ? 'paused' : 'not paused'),
      reportOrphan: () => undefined,
    },
    log: { warn: () => undefined },
  });
  const look = (traceparent: string | null = null) => watch(id, 1, traceparent);
  const wait = async () => {
    await look();
    world.advance(6_000);
    return look();
  };
  const begin = async () => {
    await runPreRunCheck(world.ports, id, 1, 1);
    await recordIntent(world.ports, id, 1, [{ step: 'enable-identity', attempt: 1 }]);
  };
  return { ...world, done, origins, shown, engine, look, wait, begin };
}

describe('a run that was ordered', () => {
  it('is told to come from the click that ordered it, and that much time lies between where it does', async () => {
    const { look, origins, advance } = await watched(null);
    await look('00-a-b-01');
    advance(10 * 60_000);
    await look('00-a-b-01');
    await look();
    expect(origins).toEqual([
      { traceparent: '00-a-b-01', late: false },
      { traceparent: '00-a-b-01', late: true },
      null,
    ]);
  });

  it('is not begun before the time that was chosen, although its row came up', async () => {
    const notBefore = new Date(noon.getTime() + 3_600_000).toISOString();
    const { look, done, shown, advance, ports } = await watched(null, ['one/1'], false, { notBefore });
    expect(await look()).toEqual({ at: notBefore });
    // Its card might say that the bot is paused.
    expect(shown).toEqual(['not paused']);
    // One whose clock is behind may have it all the same, and the clock may be set right while it waits.
    expect(await runPreRunCheck(ports, id, 1, 1)).toEqual({ go: 'wait', ms: 60_000 });
    advance(3_600_000);
    await look();
    expect(done).toEqual(['start']);
    expect(await runPreRunCheck(ports, id, 1, 1)).toMatchObject({ go: true });
  });

  it.each([
    ['is drawn anew every ten seconds while it waits: its card says how long', false, [1, 1, 2, 2, 3, 3, 4, 4, 5]],
    ['is left as it is while the bot is paused', true, Array(9).fill(1)],
  ])('%s', async (_what, paused, expected) => {
    const mine = { ...going, replica: 'one', here: true };
    const { look, begin, shown, advance } = await watched(mine, ['one/1'], paused);
    await begin();
    const counts: number[] = [];
    for (const _five of expected) {
      await look();
      counts.push(shown.length);
      advance(5_000);
    }
    expect(counts).toEqual(expected);
  });

  it('is not started while the bot is paused, and not given up either', async () => {
    const { wait, done, load, shown } = await watched(null, ['one/1'], true);
    expect(await wait()).not.toBeNull();
    expect(done).toEqual([]);
    expect((await load()).state).toBe('approved');
    // Once: that the pause began is to be seen.
    expect(shown).toEqual(['paused']);
  });

  it.each<[string, Partial<EngineRun>, readonly string[], readonly string[]]>([
    ['is left alone when another replica that lives has it', {}, ['one/1', 'two/1'], []],
    ['is left alone when this process is in the middle of it', { replica: 'one', here: true }, ['one/1'], []],
    [
      'is left alone when it waits for a replica of its own version',
      { status: 'ENQUEUED', replica: null, workflowVersion: '0' },
      ['one/1', 'three/0'],
      [],
    ],
    [
      'is left alone when a replica of its own version lives and can take it back',
      { workflowVersion: '0' },
      ['one/1', 'three/0'],
      [],
    ],
    [
      'is adopted when this replica has it, and is not in the middle of it',
      { replica: 'one' },
      ['one/1'],
      ['takeOver'],
    ],
    ['is taken where none took it', { status: 'ENQUEUED', replica: null }, ['one/1'], ['take']],
  ])('%s, for a while', async (_what, change, alive, wanted) => {
    const { look, wait, done, begin } = await watched({ ...going, ...change }, alive);
    await begin();
    await look();
    expect(done).toEqual([]);
    expect(await wait()).not.toBeNull();
    expect(done).toEqual(wanted);
  });

  it.each([
    ['its replica is dead', ['one/1']],
    ['its replica came back as another version', ['one/1', 'two/2']],
  ])('is adopted at once when %s', async (_why, alive) => {
    const { look, done } = await watched(going, alive);
    await look();
    expect(done).toEqual(['takeOver']);
  });

  it('is in trouble from now on where the clock was ahead when the trouble began', async () => {
    const { look, wait, done, advance } = await watched({ ...going, replica: 'one' });
    await look();
    advance(-86_400_000);
    await wait();
    expect(done).toEqual(['takeOver']);
  });

  it.each([
    ['the engine does not know it', null, true],
    ['it ended without saying how', { ...going, state: 'ended', status: 'ERROR' }, true],
    ['it ended so before it began', { ...going, state: 'ended', status: 'ERROR' }, false],
    ['nobody is left with its version', { ...going, workflowVersion: '0' }, true],
  ] as const)('becomes a question to people when %s', async (_why, known, touched) => {
    const { look, wait, begin, load } = await watched(known);
    if (touched) await begin();
    await look();
    expect((await load()).state).toBe(touched ? 'running' : 'approved');
    expect(await wait()).toBeNull();
    expect(await load()).toMatchObject({
      state: 'needs-attention',
      step: null,
      failure: { found: { code: 'run-lost', touched } },
    });
  });

  it('is not given up for trouble that passed', async () => {
    const mine = { ...going, replica: 'one' };
    const { look, wait, done, engine, advance } = await watched(mine);
    await look();
    engine.known = { ...mine, here: true };
    await look();
    advance(60_000);
    engine.known = mine;
    await look();
    expect(done).toEqual([]);
    await wait();
    expect(done).toEqual(['takeOver']);
  });
});
