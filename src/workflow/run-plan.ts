/**
 * Runs an approved plan: check, then each stage's steps until all are done. What is next is what the request's events say, so
 * a process that takes over a run continues where they end.
 */
import type { RequestId } from '../domain/ids.ts';
import { stagesOf } from '../domain/plan.ts';
import type { Azure } from '../domain/ports/azure.ts';
import type { Tracing } from '../domain/ports/telemetry.ts';
import type { Request, StepProgress } from '../domain/request/request.ts';
import { isCheckOld } from '../domain/request/start-window.ts';
import { attemptStep, storeResults } from './attempt-step.ts';
import { type OwnAttempts, type RunPorts, recordIntent, requireRequest, runPreRunCheck } from './workflow-steps.ts';

/** Does the work, and repeats it while the store is unavailable. */
export type Turn = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Everything that a run uses, with tracing. */
interface TracedPorts extends RunPorts {
  /** Runs the work. Its changes in Azure check first that the run is this process's. */
  readonly permitted: <T>(work: () => Promise<T>) => Promise<T>;
  readonly tracing: Tracing;
  /** Waits until the request's last decision is published. Returns false after a wait, when the request can have changed. */
  readonly published: (request: Request) => Promise<boolean>;
  readonly room: Semaphore;
  readonly turn: Turn;
  readonly sleep: (ms: number) => Promise<void>;
}

export const isRunning = (request: Pick<Request, 'runs' | 'state'>, run: number): boolean =>
  request.runs === run && (request.state === 'approved' || request.state === 'running');

const rest = ({ room, sleep }: TracedPorts, ms: number): Promise<void> => room.outside(() => sleep(ms));

/** Waits until the check passes. Returns false if the run has ended. */
async function passCheck(ports: TracedPorts, { id, checked, revision }: Request, run: number): Promise<boolean> {
  const round = checked === run ? revision : 1;
  for (let attempt = 1; ; attempt++) {
    const span = { name: 'check', attributes: { 'cmk.attempt': attempt } };
    const gate = await ports.turn('check', () =>
      ports.tracing.span(span, async (note) => {
        const found = await runPreRunCheck(ports, id, run, attempt, round);
        note({ 'cmk.go': `${found.go}` });
        return found;
      }),
    );
    if (gate.go !== 'wait') return gate.go;
    await rest(ports, gate.ms);
  }
}

/** Returns the steps of the first stage that isn't done in this run, without those that are. */
function nextSteps({ id, plan, progress }: Request, run: number): readonly StepProgress[] {
  const open = progress.filter((step) => step.run !== run || step.state !== 'done');
  const stage = stagesOf(plan).find((names) => open.some(({ name }) => names.includes(name)));
  if (stage === undefined) throw new Error(`run ${run} of ${id} has no step left, and has not ended`);
  return stage.flatMap((name) => open.filter((step) => step.name === name));
}

/** Returns the time until the next attempts: at most what was planned, because a clock might have been set back. */
const untilRetryMs = (next: readonly StepProgress[], now: Date): number =>
  Math.max(
    0,
    ...next.map(({ retryAt, endedAt }) =>
      retryAt === null ? 0 : Date.parse(retryAt) - Math.max(Date.parse(endedAt ?? retryAt), now.getTime()),
    ),
  );

export async function runPlan(ports: TracedPorts, id: RequestId, run: number): Promise<void> {
  let own: OwnAttempts = new Map();
  let isTooOld = false;
  for (;;) {
    const request = requireRequest(await ports.turn('load', () => ports.requests.load(id)), id);
    if (!isRunning(request, run)) return;
    if (isTooOld || request.checked !== run || isCheckOld(request, ports.now())) {
      if (!(await passCheck(ports, request, run))) return;
      isTooOld = false;
      continue;
    }
    if (!(await ports.published(request))) continue;
    const next = nextSteps(request, run);
    const underWay = next.filter((step) => step.run === run && step.state === 'running');
    if (underWay.length > 0) {
      await makeAttempts(ports, request, underWay, own);
      continue;
    }
    const waitMs = untilRetryMs(next, ports.now());
    if (waitMs > 0) await rest(ports, waitMs);
    const tries = next.map((step) => ({ step: step.name, attempt: step.run === run ? step.attempt + 1 : 1 }));
    const intended = await ports.turn('intend', () => recordIntent(ports, id, run, tries));
    isTooOld = intended === 'check-again';
    own = intended === 'check-again' ? new Map() : intended;
  }
}

async function makeAttempts(
  ports: TracedPorts,
  request: Request,
  underWay: readonly StepProgress[],
  own: OwnAttempts,
): Promise<void> {
  const results = await Promise.all(
    underWay.map((step) => {
      const span = { name: `step ${step.name}`, attributes: { 'cmk.attempt': step.attempt } };
      return ports.turn(step.name, () =>
        ports.tracing.span(span, async (note) => {
          const attempt = () => attemptStep(ports, request, step, own, (ms) => rest(ports, ms));
          const result = await ports.permitted(attempt);
          if (result.outcome === 'failed') note({ 'error.type': result.failure.next });
          return result;
        }),
      );
    }),
  );
  await ports.turn('record', () => storeResults(ports, request.id, request.runs, results));
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
