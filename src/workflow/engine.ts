/**
 * The workflow engine. DBOS Transact runs each approved plan as one durable workflow, `<request>:<run>`. It starts each run
 * once, and again after a crash. Its tables say only which runs are going on: what is next in a run is read from its events.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DBOS, StatusString } from '@dbos-inc/dbos-sdk';
import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import { dbRetryConfig, INTERNAL_QUEUE_NAME } from '@dbos-inc/dbos-sdk/internal/utils';
import { wfQueueRunner } from '@dbos-inc/dbos-sdk/internal/wfqueue';
import { botFailure, type Failure } from '../domain/failure.ts';
import { RequestId } from '../domain/ids.ts';
import type { TraceOrigin, Tracing } from '../domain/ports/telemetry.ts';
import { type EngineRun, type FencingOptions, fencedPorts } from './fencing.ts';
import { runPlan, Semaphore, type Turn, withReleasedSlot } from './run-plan.ts';
import { endRunEarly, type RunPorts } from './workflow-steps.ts';

/**
 * Raise it when a change makes running workflows impossible to continue. Runs of another version are left to replicas with
 * that version. If none is left, a person must act.
 */
export const workflowVersion = '2';

interface EngineOptions extends FencingOptions {
  /** A `pg.Pool` or a compatible object. */
  readonly pool: object;
  /** True: the pool's user owns the engine's tables and migrates them. False: {@link prepareEngine} has done it. */
  readonly ownTables: boolean;
  /** Returns whether an error from the store is temporary: the database is unreachable or rejects writes. */
  readonly isDatabaseUnavailable: (error: unknown) => boolean;
  /** Returns whether only the store's driver throws this error. */
  readonly isDriverError: (error: unknown) => boolean;
  /** False: the last heartbeat couldn't be stored, or the database rejected a write recently. */
  readonly isWritable: () => boolean;
  readonly log: Record<'error' | 'warn', (fields: object, message: string) => void>;
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
  takeOver(id: RequestId, run: number): Promise<void>;
  /** Starts queued runs now. The engine itself polls its queue every second, by its own clock. */
  dequeueRuns(): Promise<void>;
  stop(): Promise<void>;
}

const storeWaitMs = 2_000;

/** Unexpected errors of one turn before the run ends, after about a minute. */
const mostErrors = 8;

/**
 * Creates the function that does one turn of a run. A thrown error means that the store is unavailable, which is waited out
 * without limit, or is unexpected; all other outcomes are returned.
 */
const turnRunner =
  ({ isDatabaseUnavailable, isDriverError, isWritable, log }: EngineOptions, isStopping: () => boolean): Turn =>
  async (name, work) => {
    let errors = 0;
    for (let n = 0; ; n += 1) {
      try {
        return await work();
      } catch (error) {
        // Another service's refused connection looks the same, so check the store itself. Its driver's own errors are
        // unmistakable, and heartbeats can go on meanwhile, because a lock holds up only some tables.
        const isStores = isDriverError(error) || (!isWritable() && isDatabaseUnavailable(error));
        if (!isStores) errors += 1;
        if (isStopping() || errors === mostErrors) throw error;
        if (isStores && n === 0)
          log.warn({ err: error, turn: name }, 'a run waits: the database doesn’t answer or store');
        await pause(isStores ? storeWaitMs : 250 * 2 ** errors, undefined, { ref: false });
      }
    }
  };

/**
 * Limit on concurrent runs per process. Clicks share its thread and connections, so other runs wait. A run that waits for
 * Azure or for propagation doesn't count.
 */
const runsAtOnce = 8;

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

// Exports of DBOS that it marks as internal, because it has no public calls for them: see ADR 7.

/**
 * Limits how long the engine waits before it tries the database again. Its default is a minute, so it could wait up to 90 s
 * after the database is back.
 */
function limitDatabaseBackoff(ms: number): void {
  dbRetryConfig.maxBackoffSec = ms / 1_000;
}

/**
 * Dequeues and starts queued runs, as the engine's own poller does. That poller waits for a wall-clock time. If a clock was
 * ahead for a moment, it stops polling for just as long, and no public call wakes it. Two replicas never take the same run.
 */
async function dequeueRuns(): Promise<void> {
  const executor = DBOSExecutor.globalInstance;
  const queue = wfQueueRunner.getInternalQueue(INTERNAL_QUEUE_NAME);
  if (executor === undefined || queue === undefined) return;
  const { systemDatabase, executorID } = executor;
  const owner = randomUUID();
  const version = DBOS.applicationVersion;
  const taken = await systemDatabase.findAndMarkStartableWorkflows(queue, executorID, version, undefined, 0, 0, owner);
  await executor.dispatchDequeuedWorkflows(taken, owner);
}

/** Starts the engine. Interrupted runs continue at once. One engine per process. */
export async function startEngine(options: EngineOptions, ports: RunPorts): Promise<Engine> {
  let stopping = false;
  const here = new Set<string>();
  const room = new Semaphore(runsAtOnce);
  const turn = turnRunner(options, () => stopping);
  const sleep = (ms: number): Promise<void> => pause(ms, undefined, { ref: false });
  async function continueRun(id: RequestId, run: number, from: TraceOrigin | null): Promise<void> {
    here.add(workflowId(id, run));
    const held = fencedPorts(options, () => look(here, id, run), ports, { id, run });
    const azure = withReleasedSlot(room, ports.azure);
    const own = { ...held.ports, azure, tracing: options.tracing, permitted: held.permitted, room, turn, sleep };
    await room.enter();
    try {
      const of = { name: 'run', attributes: { 'cmk.request.id': id, 'cmk.run': run }, from };
      await options.tracing.span(of, () => runPlan(own, id, run));
    } catch (error) {
      // Neither a shutdown nor an unavailable store is a bug. The promise never settles, so the run stays pending and
      // continues after the next start or takeover. An error, or asking a person, would end it.
      if (stopping || options.isDatabaseUnavailable(error)) return new Promise<void>(() => undefined);
      const errorId = `${id}:${run}`;
      options.log.error({ err: error, errorId }, 'run stopped: unexpected error');
      await turn('stop', () => endRunEarly(own, id, run, bug(errorId)));
    } finally {
      room.leave();
      here.delete(workflowId(id, run));
    }
  }
  // One step without a result: a run continues from its events. Within it, the engine stores no answers about its runs.
  const workflow = DBOS.registerWorkflow(
    (id: string, run: number, from: TraceOrigin | null = null) =>
      DBOS.runStep(() => continueRun(RequestId.parse(id), run, from), { name: 'run' }),
    { name: 'run-plan', maxRecoveryAttempts: 1000 },
  );
  limitDatabaseBackoff(storeWaitMs);
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
    async takeOver(id, run) {
      await DBOS.resumeWorkflow(workflowId(id, run));
    },
    dequeueRuns,
    stop() {
      stopping = true;
      return DBOS.shutdown();
    },
  };
}
