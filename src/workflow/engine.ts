/**
 * The workflow engine. DBOS Transact runs each approved plan as one durable workflow, `<request>:<run>`. It starts each run
 * once, waits, retries, and resumes after a crash. Its tables contain progress only; a request's state is never read from
 * them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DBOS, DBOSWorkflowConflictError, StatusString } from '@dbos-inc/dbos-sdk';
import { dbRetryConfig } from '@dbos-inc/dbos-sdk/internal/utils';
import { botFailure, type Failure } from '../domain/failure.ts';
import { RequestId } from '../domain/ids.ts';
import type { TraceOrigin, Tracing } from '../domain/ports/telemetry.ts';
import { dequeueRuns } from './dequeue-runs.ts';
import { type EngineRun, type FencedPorts, type FencingOptions, fencedPorts } from './fencing.ts';
import {
  endRunEarly,
  type RunPorts,
  recordIntent,
  runPreRunCheck,
  type StepAttempt,
  type Waiting,
} from './run-plan.ts';
import { Semaphore, withReleasedSlot } from './semaphore.ts';
import { attemptStep, storeResult } from './try-steps.ts';

/**
 * Raise it when a change makes running workflows impossible to replay. Runs of another version are left to replicas with
 * that version. If none is left, a person must act.
 */
export const workflowVersion = '2';

export interface EngineOptions extends FencingOptions {
  /** A `pg.Pool` or a compatible object. */
  readonly pool: object;
  /** True: the pool's user owns the engine's tables and migrates them. False: {@link prepareEngine} has done it. */
  readonly ownTables: boolean;
  /** Returns whether an error from the store is temporary: the database is unreachable or rejects writes. */
  readonly isDatabaseUnavailable: (error: unknown) => boolean;
  /** False: the last heartbeat couldn't be stored, or the database rejected a write recently. */
  readonly isWritable: () => boolean;
  readonly log: { error(fields: object, message: string): void };
  readonly tracing: Tracing;
}

/** Migrates the engine's tables as their owner and grants a role access to them. */
export const prepareEngine = (ownerUrl: string, role: string): Promise<void> =>
  DBOS.migrate(ownerUrl, { applicationRole: role });

export interface Engine {
  /** Starts a run. Safe to repeat. `from`: the trace origin, stored with the run. */
  startRun(id: RequestId, run: number, from: TraceOrigin | null): Promise<void>;
  /** Returns the engine's status of a run. Null: unknown to the engine. */
  look(id: RequestId, run: number): Promise<EngineRun | null>;
  /** Assigns a run of a failed replica to a live one. If the old replica still runs, it's fenced off. */
  adopt(id: RequestId, run: number): Promise<void>;
  /** Starts queued runs now. The engine itself polls its queue every second, by its own clock. */
  dequeueRuns(): Promise<void>;
  stop(): Promise<void>;
}

/** Runs a workflow step. Its result is stored and reused on replay. */
type Step = <T>(name: string, act: () => Promise<T>) => Promise<T>;

const storeWaitMs = 2_000;

/**
 * Creates the step runner. A thrown error means that the store or the engine is unavailable, and is retried; all other
 * outcomes are returned. A step waits without limit for an unavailable or full store. Unexpected errors are retried for a
 * minute.
 */
const stepsOf =
  ({ isDatabaseUnavailable, isWritable }: EngineOptions, isStopping: () => boolean): Step =>
  (name, act) => {
    const outlast = async () => {
      for (;;) {
        try {
          return await act();
        } catch (error) {
          // Another service's refused connection looks the same, so check the store itself.
          if (isStopping() || isWritable() || !isDatabaseUnavailable(error)) throw error;
          await pause(storeWaitMs, undefined, { ref: false });
        }
      }
    };
    return DBOS.runStep(outlast, { name, retriesAllowed: true, maxAttempts: 8, intervalSeconds: 0.5, backoffRate: 2 });
  };

/**
 * Blocks the run while the bot is paused; it resumes after the next restart. It isn't an engine step, so a replay is the
 * same with or without it.
 */
const whilePaused = ({ paused }: RunPorts): Promise<void> =>
  paused ? new Promise<never>(() => undefined) : Promise.resolve();

/**
 * Limit on concurrent runs per process. Clicks share its thread and connections, so other runs wait. A run that waits for
 * Azure or for propagation doesn't count.
 */
const runsAtOnce = 8;

/** How much later than the engine's sleep the fallback timer fires. Usually the engine's sleep ends first. */
const sleepSlackMs = 1_000;

/**
 * Sleeps durably. DBOS sleeps until a wall-clock time, so a clock change could extend the wait. A monotonic timer limits it.
 * It isn't an additional engine step.
 */
const sleep = (ms: number): Promise<void> =>
  Promise.race([DBOS.sleep(ms), pause(ms + sleepSlackMs, undefined, { ref: false })]);

/** Everything that a run uses, with tracing. */
interface TracedPorts extends RunPorts, Pick<EngineOptions, 'tracing'>, Pick<FencedPorts, 'permitted'> {
  readonly room: Semaphore;
  readonly step: Step;
}

const tracedCheck = (ports: TracedPorts, id: RequestId, run: number, attempt: number) =>
  ports.tracing.span({ name: 'check', attributes: { 'cmk.attempt': attempt } }, async (note) => {
    const gate = await runPreRunCheck(ports, id, run, attempt);
    note({ 'cmk.go': `${gate.go}` });
    return gate;
  });

const tracedTry = (ports: TracedPorts, id: RequestId, run: number, one: StepAttempt) =>
  ports.tracing.span({ name: `step ${one.step}`, attributes: { 'cmk.attempt': one.attempt } }, async (note) => {
    await ports.permitted(() => attemptStep(ports, id, run, one));
    const result = ports.results.of({ id, run, ...one });
    if (result?.outcome === 'failed') note({ 'error.type': result.failure.next });
  });

/** The workflow body. It calls only engine steps and depends only on their results, so a replay is deterministic. */
async function runPlan(ports: TracedPorts, id: RequestId, run: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await whilePaused(ports);
    const gate = await ports.step('check', () => tracedCheck(ports, id, run, attempt));
    if (gate.go === false) return;
    if (gate.go === 'wait') {
      await ports.room.outside(() => sleep(gate.ms));
      continue;
    }
    for (const stage of gate.stages) {
      const ended = await runStage(
        ports,
        id,
        run,
        stage.map((name) => ({ step: name, attempt: 1 })),
      );
      if (ended) return;
    }
    return;
  }
}

/** Runs a stage until all its steps are done. Returns true if the run has ended. */
async function runStage(
  ports: TracedPorts,
  id: RequestId,
  run: number,
  first: readonly StepAttempt[],
): Promise<boolean> {
  let open: readonly StepAttempt[] = first;
  while (open.length > 0) {
    const tries = open;
    await whilePaused(ports);
    if (!(await ports.step('intend', () => recordIntent(ports, id, run, tries)))) return true;
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
      storeResult(ports, id, run, tries),
    );
    if (waiting === 'stopped') return true;
    const longestMs = Math.max(...waiting.map(({ ms }) => ms));
    if (waiting.length > 0) await ports.room.outside(() => sleep(longestMs));
    open = waiting.map(({ step: name, attempt }) => ({ step: name, attempt }));
  }
  return false;
}

/** Statuses of queued and running workflows. */
const goingStatuses: readonly string[] = [StatusString.PENDING, StatusString.ENQUEUED, StatusString.DELAYED];

const workflowId = (id: RequestId, run: number): string => `${id}:${run}`;

async function look(here: ReadonlySet<string>, id: RequestId, run: number): Promise<EngineRun | null> {
  const known = await DBOS.getWorkflowStatus(workflowId(id, run));
  if (known === null) return null;
  const { status, executorId, applicationVersion } = known;
  return {
    state: goingStatuses.includes(status) ? 'going' : 'ended',
    status,
    replica: status === StatusString.PENDING ? (executorId ?? null) : null,
    workflowVersion: applicationVersion ?? workflowVersion,
    here: here.has(workflowId(id, run)),
  };
}

const bug = (errorId: string): Failure => botFailure('running the plan', { code: 'unexpected', errorId });

/** Starts the engine. Interrupted runs continue at once. One engine per process. */
export async function startEngine(options: EngineOptions, ports: RunPorts): Promise<Engine> {
  let stopping = false;
  const here = new Set<string>();
  const room = new Semaphore(runsAtOnce);
  const step = stepsOf(options, () => stopping);
  const workflow = DBOS.registerWorkflow(
    async (requestId: string, run: number, from: TraceOrigin | null = null) => {
      const id = RequestId.parse(requestId);
      here.add(workflowId(id, run));
      const held = fencedPorts(options, () => look(here, id, run), ports, { id, run });
      const azure = withReleasedSlot(room, ports.azure);
      const own = { ...held.ports, azure, tracing: options.tracing, permitted: held.permitted, room, step };
      await room.enter();
      try {
        const of = { name: 'run', attributes: { 'cmk.request.id': id, 'cmk.run': run }, from };
        await options.tracing.span(of, () => runPlan(own, id, run));
      } catch (error) {
        // Another replica has taken over the run and continues it.
        if (error instanceof DBOSWorkflowConflictError) throw error;
        // Neither a shutdown nor an unavailable store is a bug. The promise never settles, so the run stays pending and
        // continues after the next start or takeover. An error, or asking a person, would end it.
        if (stopping || options.isDatabaseUnavailable(error)) return new Promise<void>(() => undefined);
        const errorId = `${id}:${run}`;
        options.log.error({ err: error, errorId }, 'run stopped by an unexpected error');
        await step('stop', () => endRunEarly(own, id, run, bug(errorId)));
      } finally {
        room.leave();
        here.delete(workflowId(id, run));
      }
    },
    { name: 'run-plan', maxRecoveryAttempts: 1000 },
  );
  // The default limit on the engine's database backoff is a minute, so it could wait up to 90 s after the database is back.
  // There is no public setting for it.
  dbRetryConfig.maxBackoffSec = storeWaitMs / 1_000;
  DBOS.setConfig({
    name: 'cmk-bot',
    // Required, but never connected to: the pool is used.
    systemDatabaseUrl: 'postgresql://pool@localhost/unused',
    systemDatabasePool: options.pool as never,
    applicationVersion: workflowVersion,
    executorID: options.executorId,
    // The engine retries failed writes without limit and reports them only as warnings.
    logLevel: 'warn',
    runAdminServer: false,
    runMigrations: options.ownTables,
  });
  await DBOS.launch();
  return {
    async startRun(id, run, from) {
      await DBOS.startWorkflow(workflow, { workflowID: workflowId(id, run) })(id, run, from);
    },
    look: (id, run) => look(here, id, run),
    async adopt(id, run) {
      await DBOS.resumeWorkflow(workflowId(id, run));
    },
    dequeueRuns,
    stop() {
      stopping = true;
      return DBOS.shutdown();
    },
  };
}
