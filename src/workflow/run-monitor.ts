/**
 * The run monitor. It follows every ordered run until it ends: it reassigns runs of failed replicas, and asks a person about
 * runs that can't continue.
 */
import { botFailure, type Failure, type Found } from '../domain/failure.ts';
import type { RequestId } from '../domain/ids.ts';
import type { Leases, Outbox, ProcessIdentity } from '../domain/ports/store.ts';
import type { TraceOrigin } from '../domain/ports/telemetry.ts';
import type { RescheduleAt } from '../domain/request/consequences.ts';
import type { Request } from '../domain/request/request.ts';
import { isTooEarly } from '../domain/request/start-window.ts';
import type { Engine } from './engine.ts';
import type { EngineRun } from './fencing.ts';
import { endRunEarly, type RunPorts } from './workflow-steps.ts';

interface RunMonitorPorts {
  readonly runs: Pick<RunPorts, 'requests' | 'now'>;
  readonly engine: Pick<Engine, 'startRun' | 'look' | 'takeOver' | 'dequeueRuns'>;
  readonly leases: Pick<Leases, 'alive'>;
  readonly me: ProcessIdentity;
  /** The interval between heartbeats. */
  readonly beatMs: number;
  /** Updates the cards, for example because this process started or ended a pause. */
  readonly outbox: Pick<Outbox, 'requestShow' | 'reportOrphan'>;
  /** While true, no runs are started. Running ones are still monitored. */
  readonly paused: boolean;
  readonly log: { warn(fields: object, message: string): void };
}

type Lost = Extract<Found, { readonly code: 'run-lost' }>;

type NextAction = 'start' | 'going' | 'take-over' | 'resume-own' | 'dequeue' | { readonly lost: Lost['why'] };

/** Check intervals in heartbeats, because the check is about missing heartbeats. */
const lookEveryBeats = 5;
const suspectEveryBeats = 1;
/** When and how often the cards of a waiting run are updated to show the elapsed time. */
const stillAfterMs = 10_000;
const drawEveryMs = 10_000;
/** Delay from the click to the start above which a run gets its own trace. */
const lateAfterMs = 10 * 60_000;
/**
 * Grace period in heartbeats: the run might be just starting here, or have stored its last event just before its end.
 * Expired leases are already accounted for.
 */
const graceBeats = 5;

const isRunning = (request: Request | null, run: number): request is Request =>
  request !== null && request.runs === run && (request.state === 'approved' || request.state === 'running');

async function nextAction(ports: RunMonitorPorts, known: EngineRun | null, request: Request): Promise<NextAction> {
  if (known === null) {
    // Nothing was intended yet, and the run starts with a full check.
    if (request.state === 'approved') return 'start';
    return { lost: { how: 'unknown-to-engine' } };
  }
  if (known.state === 'ended') return { lost: { how: 'ended', status: known.status } };
  if (known.here) return 'going';
  const alive = await ports.leases.alive();
  const sameVersion = alive.filter(({ workflowVersion }) => workflowVersion === known.workflowVersion);
  if (sameVersion.length === 0) {
    return { lost: { how: 'no-replica', workflowVersion: known.workflowVersion } };
  }
  // A queued run is soon taken by any free replica, unless a clock was changed.
  if (known.replica === null) return known.workflowVersion === ports.me.workflowVersion ? 'dequeue' : 'going';
  const { me } = ports;
  if (known.replica !== me.instance && sameVersion.some(({ instance }) => instance === known.replica)) return 'going';
  // Only a replica with the same version can resume it.
  if (known.workflowVersion !== me.workflowVersion) return 'going';
  // Its replica failed, or is this process, which isn't running it.
  return known.replica === me.instance ? 'resume-own' : 'take-over';
}

const lostRun = (why: Lost['why'], touched: boolean): Failure =>
  botFailure('running the plan', { code: 'run-lost', why, touched });

/** Monitors a run. Returns when the outbox must check again, or null when the run is over. */
export function openRunMonitor(
  ports: RunMonitorPorts,
): (id: RequestId, run: number, traceparent?: string | null) => Promise<RescheduleAt | null> {
  const { runs, engine, log } = ports;
  const suspectSince = new Map<string, number>();
  /** Time of this process's last card update, by request. */
  const drawn = new Map<string, number>();
  const later = (beats: number): RescheduleAt => ({ afterMs: beats * ports.beatMs });

  /** Returns whether the problem has lasted long enough to act on it. */
  const isOverdue = (key: string): boolean => {
    const now = runs.now().getTime();
    // If the clock was ahead at the start of the problem, the period starts now.
    const since = Math.min(suspectSince.get(key) ?? now, now);
    suspectSince.set(key, since);
    return now - since >= graceBeats * ports.beatMs;
  };

  /** Returns whether nothing was stored for so long that the cards should show it. */
  function isStill({ state, changedAt }: Request): boolean {
    return state === 'running' && !ports.paused && runs.now().getTime() - Date.parse(changedAt) >= stillAfterMs;
  }

  /** Has the cards updated at this process's first check, and every ten seconds while nothing happens. */
  async function draw(id: RequestId, request: Request): Promise<void> {
    const last = drawn.get(id);
    const now = runs.now().getTime();
    if (last !== undefined && !(isStill(request) && now - last >= drawEveryMs)) return;
    await ports.outbox.requestShow(id);
    drawn.set(id, now);
  }

  /** A run that starts long after its order would keep the trace open for too long. */
  const originOf = (traceparent: string | null, { changedAt }: Request): TraceOrigin | null =>
    traceparent === null ? null : { traceparent, late: runs.now().getTime() - Date.parse(changedAt) >= lateAfterMs };

  async function act(
    id: RequestId,
    run: number,
    action: NextAction,
    request: Request,
    traceparent: string | null,
  ): Promise<RescheduleAt | null> {
    const key = `${id}:${run}`;
    if (action === 'going' || action === 'start') {
      suspectSince.delete(key);
      if (action === 'start' && !ports.paused) await engine.startRun(id, run, originOf(traceparent, request));
      return later(lookEveryBeats);
    }
    if (action !== 'take-over' && !isOverdue(key)) return later(suspectEveryBeats);
    suspectSince.delete(key);
    if (action === 'dequeue') {
      log.warn({ requestId: id, run }, 'a run that waited too long for its replica is taken over');
      await engine.dequeueRuns();
      return later(lookEveryBeats);
    }
    if (action === 'take-over' || action === 'resume-own') {
      log.warn({ requestId: id, run }, 'a run that lost its replica is taken over');
      await engine.takeOver(id, run);
      return later(lookEveryBeats);
    }
    log.warn({ requestId: id, run }, 'a run is lost, its request needs attention');
    await endRunEarly(runs, id, run, lostRun(action.lost, request.state === 'running'));
    return null;
  }

  return async (id, run, traceparent = null) => {
    // The engine's status first: what an ended run stored is then visible.
    const known = await engine.look(id, run);
    const request = await runs.requests.load(id);
    const ordered = request?.runs ?? 0;
    if (!isRunning(request, run)) {
      if (run > ordered) ports.outbox.reportOrphan({ request: id, kind: 'run', key: `${run}` });
      suspectSince.delete(`${id}:${run}`);
      drawn.delete(id);
      return null;
    }
    // The row can be due early, for example after a wrong clock was corrected.
    const { notBefore } = request;
    if (known === null && request.state === 'approved' && notBefore !== null && isTooEarly(request, runs.now())) {
      await draw(id, request);
      return { at: notBefore };
    }
    const again = await act(id, run, await nextAction(ports, known, request), request, traceparent);
    await draw(id, request);
    return again;
  };
}
