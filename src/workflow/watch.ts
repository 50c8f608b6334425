/**
 * Looks after every run that was ordered until it is over, so that none is lost without a word: a run whose replica died is
 * adopted, and one that nobody can go on with ends with a person being asked.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Failure, type Found, foundThat } from '../domain/failure.ts';
import type { RequestId } from '../domain/ids.ts';
import type { Leases, ProcessIdentity } from '../domain/ports/store.ts';
import type { TraceOrigin } from '../domain/ports/tracing.ts';
import type { RescheduleAt } from '../domain/request/consequences.ts';
import type { Request } from '../domain/request/request.ts';
import { isTooEarly } from '../domain/request/start-window.ts';
import type { Engine } from './engine.ts';
import type { KnownRun } from './known-run.ts';
import { endRunEarly, type RunPorts } from './run-plan.ts';

export interface WatchPorts {
  readonly runs: Pick<RunPorts, 'requests' | 'now'>;
  readonly engine: Pick<Engine, 'startRun' | 'look' | 'adopt' | 'takeWaiting'>;
  readonly leases: Pick<Leases, 'alive'>;
  readonly me: ProcessIdentity;
  /** The interval between heartbeats. */
  readonly beatMs: number;
  /** Draws the cards anew: a pause that began or ended with this process is to be seen on them. */
  readonly show: (id: RequestId) => Promise<void>;
  /** While true, runs are not started; those that go are looked after. */
  readonly paused: boolean;
  readonly log: { warn(fields: object, message: string): void };
}

type Lost = Extract<Found, { readonly code: 'run-lost' }>;

/** What must be done about a run. */
type Fate = 'start' | 'going' | 'adopt' | 'adopt-own' | 'take' | { readonly lost: Lost['why'] };

/** In heartbeats of a replica: what is judged here is whether one is heard of. */
const lookEveryBeats = 5;
const suspectEveryBeats = 1;
/** From when on, and how often, the cards of a run that waits are drawn anew: they say how long it has been. */
const stillAfterMs = 10_000;
const drawEveryMs = 10_000;
/** Between the click that ordered a run and its beginning. */
const lateAfterMs = 10 * 60_000;
/** A run may be about to begin here, or have been stored a moment before its end is. Who is dead was waited for already. */
const graceBeats = 5;

const isRunning = (request: Request | null, run: number): request is Request =>
  request !== null && request.runs === run && (request.state === 'approved' || request.state === 'running');

async function fateOf(ports: WatchPorts, known: KnownRun | null, request: Request): Promise<Fate> {
  if (known === null) {
    // Nothing was intended yet: the run begins with looking at everything.
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
  // One that waits for a replica is taken by the next that is free, and soon, unless a clock was moved.
  if (known.replica === null) return known.workflowVersion === ports.me.workflowVersion ? 'take' : 'going';
  const { me } = ports;
  if (known.replica !== me.instance && sameVersion.some(({ instance }) => instance === known.replica)) return 'going';
  // Only who has the version may call it back.
  if (known.workflowVersion !== me.workflowVersion) return 'going';
  // Its replica is dead, or is this one, which is not in the middle of it.
  return known.replica === me.instance ? 'adopt-own' : 'adopt';
}

const lostRun = (why: Lost['why'], touched: boolean): Failure =>
  foundThat('running the plan', { code: 'run-lost', why, touched });

/** Returns what the outbox does with the row of a run: when to look again, or null once the run is over. */
export function openWatch(
  ports: WatchPorts,
): (id: RequestId, run: number, traceparent?: string | null) => Promise<RescheduleAt | null> {
  const { runs, engine, log } = ports;
  const suspectSince = new Map<string, number>();
  /** When this process last drew its cards here. */
  const drawn = new Map<string, number>();
  const drawing = new Set<string>();
  const later = (beats: number): RescheduleAt => ({ afterMs: beats * ports.beatMs });

  /** Whether the run was in this trouble for long enough to act on it. */
  const isOverdue = (key: string): boolean => {
    const now = runs.now().getTime();
    // Where the clock was ahead as the trouble began, it begins now.
    const since = Math.min(suspectSince.get(key) ?? now, now);
    suspectSince.set(key, since);
    return now - since >= graceBeats * ports.beatMs;
  };

  /** Whether nothing was stored of the run for so long that its readers wonder. */
  function isStill({ state, changedAt }: Request): boolean {
    return state === 'running' && !ports.paused && runs.now().getTime() - Date.parse(changedAt) >= stillAfterMs;
  }

  /** Not in the way of the run: where it fails, the next look tries it again, and where Teams does not answer nobody waits. */
  async function draw(id: RequestId, request: Request): Promise<void> {
    const last = drawn.get(id);
    const now = runs.now().getTime();
    if (drawing.has(id) || (last !== undefined && !(isStill(request) && now - last >= drawEveryMs))) return;
    drawn.set(id, now);
    drawing.add(id);
    const shown = ports.show(id).catch((error: unknown) => {
      drawn.delete(id);
      log.warn({ err: error, requestId: id }, 'the cards of a run could not be drawn anew');
    });
    await Promise.race([shown.finally(() => drawing.delete(id)), pause(ports.beatMs, undefined, { ref: false })]);
  }

  /** A run that begins long after it was ordered would hold a trace open that nobody keeps so long. */
  const originOf = (traceparent: string | null, { changedAt }: Request): TraceOrigin | null =>
    traceparent === null ? null : { traceparent, late: runs.now().getTime() - Date.parse(changedAt) >= lateAfterMs };

  async function act(
    id: RequestId,
    run: number,
    fate: Fate,
    request: Request,
    traceparent: string | null,
  ): Promise<RescheduleAt | null> {
    const key = `${id}:${run}`;
    if (fate === 'going' || fate === 'start') {
      suspectSince.delete(key);
      if (fate === 'start' && !ports.paused) await engine.startRun(id, run, originOf(traceparent, request));
      return later(lookEveryBeats);
    }
    if (fate !== 'adopt' && !isOverdue(key)) return later(suspectEveryBeats);
    suspectSince.delete(key);
    if (fate === 'take') {
      log.warn({ requestId: id, run }, 'a run that waited long for a replica is taken');
      await engine.takeWaiting();
      return later(lookEveryBeats);
    }
    if (fate === 'adopt' || fate === 'adopt-own') {
      log.warn({ requestId: id, run }, 'a run that lost its replica is taken over');
      await engine.adopt(id, run);
      return later(lookEveryBeats);
    }
    log.warn({ requestId: id, run }, 'a run is lost, a person is asked');
    await endRunEarly(runs, id, run, lostRun(fate.lost, request.state === 'running'));
    return null;
  }

  return async (id, run, traceparent = null) => {
    // The engine first: what it has ended was stored before.
    const known = await engine.look(id, run);
    const request = await runs.requests.load(id);
    const ordered = request?.runs ?? 0;
    if (!isRunning(request, run)) {
      if (run > ordered) {
        log.warn({ requestId: id, kind: 'run', key: `${run}` }, 'a row that no event asks for was dropped');
      }
      suspectSince.delete(`${id}:${run}`);
      drawn.delete(id);
      return null;
    }
    // Its row may have come up early, as when a wrong clock was set right.
    const { notBefore } = request;
    if (known === null && request.state === 'approved' && notBefore !== null && isTooEarly(request, runs.now())) {
      return { at: notBefore };
    }
    const again = await act(id, run, await fateOf(ports, known, request), request, traceparent);
    await draw(id, request);
    return again;
  };
}
