/** The body of the workflow that runs an approved plan: check, then each stage's steps until all are done. */
import type { RequestId } from '../domain/ids.ts';
import type { StepName } from '../domain/plan.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { Tracing } from '../domain/ports/telemetry.ts';
import { attemptStep, storeResult } from './attempt-step.ts';
import type { FencedPorts } from './fencing.ts';
import { type RunPorts, recordIntent, runPreRunCheck, type StepAttempt, type Waiting } from './workflow-steps.ts';

/** Runs a workflow step. Its result is stored and reused on replay. */
export type EngineStep = <T>(name: string, act: () => Promise<T>) => Promise<T>;

/**
 * Blocks the run while the bot is paused; it resumes after the next restart. It isn't an engine step, so a replay is the
 * same with or without it.
 */
const whilePaused = ({ paused }: RunPorts): Promise<void> =>
  paused ? new Promise<never>(() => undefined) : Promise.resolve();

/** Everything that a run uses, with tracing. */
interface TracedPorts extends RunPorts, Pick<FencedPorts, 'permitted'> {
  readonly tracing: Tracing;
  readonly room: Semaphore;
  readonly step: EngineStep;
  /** Sleeps durably. */
  readonly sleep: (ms: number) => Promise<void>;
}

const tracedCheck = (ports: TracedPorts, id: RequestId, run: number, attempt: number, round: number) =>
  ports.tracing.span({ name: 'check', attributes: { 'cmk.attempt': attempt } }, async (note) => {
    const gate = await runPreRunCheck(ports, id, run, attempt, round);
    note({ 'cmk.go': `${gate.go}` });
    return gate;
  });

const tracedTry = (ports: TracedPorts, id: RequestId, run: number, one: StepAttempt) =>
  ports.tracing.span({ name: `step ${one.step}`, attributes: { 'cmk.attempt': one.attempt } }, async (note) => {
    await ports.permitted(() => attemptStep(ports, id, run, one));
    const result = ports.results.of({ id, run, ...one });
    if (result?.outcome === 'failed') note({ 'error.type': result.failure.next });
  });

/** Waits until the check passes. Returns the stages; null: the run has ended. */
async function passCheck(ports: TracedPorts, id: RequestId, run: number, round: number) {
  for (let attempt = 1; ; attempt++) {
    const tried = attempt;
    await whilePaused(ports);
    const gate = await ports.step('check', () => tracedCheck(ports, id, run, tried, round));
    if (gate.go === false) return null;
    if (gate.go === true) return gate.stages;
    await ports.room.outside(() => ports.sleep(gate.ms));
  }
}

/** The workflow body. It calls only engine steps and depends only on their results, so a replay is deterministic. */
export async function runPlan(ports: TracedPorts, id: RequestId, run: number): Promise<void> {
  for (let round = 1; ; round++) {
    const stages = await passCheck(ports, id, run, round);
    if (stages === null || (await runStages(ports, id, run, stages)) !== 'check-again') return;
  }
}

type StageEnd = 'done' | 'ended' | 'check-again';

async function runStages(
  ports: TracedPorts,
  id: RequestId,
  run: number,
  stages: readonly (readonly StepName[])[],
): Promise<StageEnd> {
  for (const stage of stages) {
    const first = stage.map((name) => ({ step: name, attempt: 1 }));
    const end = await runStage(ports, id, run, first);
    if (end !== 'done') return end;
  }
  return 'done';
}

/** Runs a stage until all its steps are done, the run has ended, or the check before the first change is too old. */
async function runStage(
  ports: TracedPorts,
  id: RequestId,
  run: number,
  first: readonly StepAttempt[],
): Promise<StageEnd> {
  let open: readonly StepAttempt[] = first;
  while (open.length > 0) {
    const tries = open;
    await whilePaused(ports);
    const intended = await ports.step('intend', () => recordIntent(ports, id, run, tries));
    if (intended !== true) return intended === 'check-again' ? intended : 'ended';
    // Started in order and awaited together: the engine numbers steps by call order.
    await Promise.all(
      tries.map((one) =>
        ports.step(one.step, async () => {
          // The pause started during the attempt, so its result is checked after the restart.
          await whilePaused(ports);
          return tracedTry(ports, id, run, one);
        }),
      ),
    );
    const waiting: readonly Waiting[] | 'stopped' = await ports.step('record', () =>
      storeResult(ports, id, run, tries, (one) => tracedTry(ports, id, run, one)),
    );
    if (waiting === 'stopped') return 'ended';
    const longestMs = Math.max(...waiting.map(({ ms }) => ms));
    if (waiting.length > 0) await ports.room.outside(() => ports.sleep(longestMs));
    open = waiting.map(({ step: name, attempt }) => ({ step: name, attempt }));
  }
  return 'done';
}

/** FIFO counting semaphore. */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(slots: number) {
    this.#free = slots;
  }

  async enter(): Promise<void> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
  }

  /** Releases the slot. The next waiter gets it directly. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  /** Releases the slot while the work runs, then takes one again. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    this.leave();
    try {
      return await work();
    } finally {
      await this.enter();
    }
  }
}

/** Wraps the Azure port so that long operations release the slot, because the process only waits for Azure. */
export function withReleasedSlot(room: Semaphore, azure: Azure): Azure {
  const { resources } = azure;
  return {
    ...azure,
    resources: {
      ...resources,
      enableSystemIdentity: (...given) => room.outside(() => resources.enableSystemIdentity(...given)),
      setCustomerKey: (...given) => room.outside(() => resources.setCustomerKey(...given)),
    },
  };
}
