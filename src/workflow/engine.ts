/**
 * The engine: DBOS Transact runs each approved plan as one durable workflow, `<request>:<run>`. It supplies starting once,
 * waiting, retrying and resuming after a crash; its tables are progress and are never asked about the state of a request.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DBOS, DBOSWorkflowConflictError, StatusString } from '@dbos-inc/dbos-sdk';
import { dbRetryConfig } from '@dbos-inc/dbos-sdk/internal/utils';
import { type Failure, foundThat } from '../domain/failure.ts';
import { RequestId } from '../domain/ids.ts';
import type { TraceOrigin, Tracing } from '../domain/ports/tracing.ts';
import type { KnownRun } from './known-run.ts';
import { type Held, heldPorts, type OwnershipOptions } from './ownership.ts';
import { Room, waitingOutside } from './room.ts';
import {
  endRunEarly,
  type RunPorts,
  recordIntent,
  runPreRunCheck,
  type StepAttempt,
  type Waiting,
} from './run-plan.ts';
import { takeWaiting } from './take-waiting.ts';
import { attemptStep, storeResult } from './try-steps.ts';

/**
 * Bumped by hand when the body of a running workflow could no longer be replayed. Runs of another version are left to the
 * replicas that still have it; when none is left, a person is asked.
 */
export const workflowVersion = '2';

export interface EngineOptions extends OwnershipOptions {
  /** A `pg.Pool`, or what looks like one. */
  readonly pool: object;
  /** The pool's user owns the engine's tables, and brings them up; else somebody else has ({@link prepareEngine}). */
  readonly ownTables: boolean;
  /** Whether an error says that the database is away or takes nothing, which passes; only of what the store threw. */
  readonly isDatabaseUnavailable: (error: unknown) => boolean;
  /** False: the last heartbeat could not be stored, or the database refused something just now. */
  readonly isStoring: () => boolean;
  readonly log: { error(fields: object, message: string): void };
  readonly tracing: Tracing;
}

/** Brings the engine's tables up as their owner, and lets a role use them. */
export const prepareEngine = (ownerUrl: string, role: string): Promise<void> =>
  DBOS.migrate(ownerUrl, { applicationRole: role });

export interface Engine {
  /** Starting a run twice is harmless. `from`: what it is told to come from, kept with it. */
  startRun(id: RequestId, run: number, from: TraceOrigin | null): Promise<void>;
  /** Null: the engine never heard of it. */
  look(id: RequestId, run: number): Promise<KnownRun | null>;
  /** Lets a replica that lives go on with a run whose replica does not. The old one, should it live, loses it. */
  adopt(id: RequestId, run: number): Promise<void>;
  /** Goes on here with runs that wait for a replica. By itself the engine takes them within a second, by its clock. */
  takeWaiting(): Promise<void>;
  stop(): Promise<void>;
}

/** A step of the workflow: what it returns is kept, and not done again. */
type Step = <T>(name: string, act: () => Promise<T>) => Promise<T>;

const storeWaitMs = 2_000;

/**
 * Throwing means that the store or the engine is not there: that is retried, everything else returned. However long a store is
 * away or full, the run waits for it; what nobody expected is tried for a minute.
 */
const stepsOf =
  ({ isDatabaseUnavailable, isStoring }: EngineOptions, isStopping: () => boolean): Step =>
  (name, act) => {
    const outlast = async () => {
      for (;;) {
        try {
          return await act();
        } catch (error) {
          // A connection to somewhere else may be refused, too.
          if (isStopping() || isStoring() || !isDatabaseUnavailable(error)) throw error;
          await pause(storeWaitMs, undefined, { ref: false });
        }
      }
    };
    return DBOS.runStep(outlast, { name, retriesAllowed: true, maxAttempts: 8, intervalSeconds: 0.5, backoffRate: 2 });
  };

/**
 * While the bot is paused nothing is looked at and nothing changed: a run stands still here, and the next life of the process
 * goes on with it. No step of the engine, so a replay takes the same turns with and without it.
 */
const whilePaused = ({ paused }: RunPorts): Promise<void> =>
  paused ? new Promise<never>(() => undefined) : Promise.resolve();

/**
 * So many runs are carried out at once by one process; more wait, and so do not stand in the way of people's clicks, which share
 * its one thread and its connections. One that waits, for Azure's operation to end or for a change to spread, lets others go on.
 */
const runsAtOnce = 8;

/** So much later than the engine a sleeper wakes by itself: the engine's own wait is the usual one. */
const sleepSlackMs = 1_000;

/**
 * The engine sleeps until a time of day, and where the clock is moved meanwhile and set right again it sleeps on for as long as
 * it was moved. What has passed is counted here as well, whatever any clock says. No step of the engine beside its own.
 */
const sleep = (ms: number): Promise<void> =>
  Promise.race([DBOS.sleep(ms), pause(ms + sleepSlackMs, undefined, { ref: false })]);

/** What a run works with, and who is told of it. */
interface TracedPorts extends RunPorts, Pick<EngineOptions, 'tracing'>, Pick<Held, 'permitted'> {
  readonly room: Room;
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

/** The workflow body: nothing but engine steps and what they returned, so that replaying it takes the same turns. */
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

/** Carries a stage out until all its steps are done. Returns true when the run is over. */
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
    // Started in order, awaited together: the engine numbers its steps by the order of these calls.
    await Promise.all(
      tries.map((one) =>
        ports.step(one.step, async () => {
          // The pause came while it was being tried: what came of it is looked at afterwards.
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

/** Waiting to be started or being carried out. */
const goingStatuses: readonly string[] = [StatusString.PENDING, StatusString.ENQUEUED, StatusString.DELAYED];

const workflowId = (id: RequestId, run: number): string => `${id}:${run}`;

async function look(here: ReadonlySet<string>, id: RequestId, run: number): Promise<KnownRun | null> {
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

const bug = (errorId: string): Failure => foundThat('running the plan', { code: 'unexpected', errorId });

/** Launches the engine; runs that were cut short go on at once. One engine a process. */
export async function startEngine(options: EngineOptions, ports: RunPorts): Promise<Engine> {
  let stopping = false;
  const here = new Set<string>();
  const room = new Room(runsAtOnce);
  const step = stepsOf(options, () => stopping);
  const workflow = DBOS.registerWorkflow(
    async (requestId: string, run: number, from: TraceOrigin | null = null) => {
      const id = RequestId.parse(requestId);
      here.add(workflowId(id, run));
      const held = heldPorts(options, () => look(here, id, run), ports, { id, run });
      const azure = waitingOutside(room, ports.azure);
      const own = { ...held.ports, azure, tracing: options.tracing, permitted: held.permitted, room, step };
      await room.enter();
      try {
        const of = { name: 'run', attributes: { 'cmk.request.id': id, 'cmk.run': run }, from };
        await options.tracing.span(of, () => runPlan(own, id, run));
      } catch (error) {
        // Another replica has taken the run over, and goes on with it.
        if (error instanceof DBOSWorkflowConflictError) throw error;
        // Being stopped is no bug, nor is a store that took nothing while the engine kept what it knew. A run that never
        // settles here stays pending, and the next start, or whoever looks after runs, goes on with it; to throw, or to ask
        // a person, would end it.
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
  // Else the engine waits up to 90 s after its database is back, since its waits double up to a minute. There is no public setting.
  dbRetryConfig.maxBackoffSec = storeWaitMs / 1_000;
  DBOS.setConfig({
    name: 'cmk-bot',
    // Never connected to: the pool is. The engine wants an address all the same.
    systemDatabaseUrl: 'postgresql://pool@localhost/unused',
    systemDatabasePool: options.pool as never,
    applicationVersion: workflowVersion,
    executorID: options.executorId,
    // What it cannot store it tries again by itself, without end, and says so in no other way.
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
    takeWaiting,
    stop() {
      stopping = true;
      return DBOS.shutdown();
    },
  };
}
