/**
 * Carries out a run's job: runs the plan, or continues it where its events end. The claim is the fence: it's checked before each
 * append and each change in Azure, so a process that was paused or disconnected until another one took over writes nothing more.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ClockSkew } from '../domain/clock-skew.ts';
import { botFailure } from '../domain/failure.ts';
import type { RequestId } from '../domain/ids.ts';
import type { Job, Jobs, Requests } from '../domain/ports/store.ts';
import type { TraceOrigin, Tracing } from '../domain/ports/telemetry.ts';
import type { RescheduleAt } from '../domain/request/consequences.ts';
import type { Request } from '../domain/request/request.ts';
import { isTooEarly } from '../domain/request/start-window.ts';
import { isRunning, runPlan, Semaphore, type Turn, withReleasedSlot } from './run-plan.ts';
import { endRunEarly, type RunPorts } from './workflow-steps.ts';

/** The claim is another process's, or this one stops. What is next is read from the events. */
export class RunLostError extends Error {
  override readonly name = 'RunLostError';
}

export interface RunJobPorts extends RunPorts {
  readonly jobs: Pick<Jobs, 'isMine' | 'requestShow' | 'reportOrphan'>;
  /** Decisions are published before the next change in Azure. */
  readonly decisions: { isPublished(request: Request): Promise<boolean> };
  /** True: this process starts and continues no run. */
  readonly paused: boolean;
  /** Compares this machine's clock and the last event with the database's clock. While they differ, no run starts. */
  readonly clock: { look(): Promise<ClockSkew | null> };
  /** This machine's clock. A run starts when both are past its time. */
  readonly ownTime: () => Date;
  /** Runs the work. Its calls to Azure, other than reads, check the fence first. */
  readonly withWriteFence: <T>(fence: () => Promise<void>, work: () => Promise<T>) => Promise<T>;
  /** Returns whether the store is unavailable: unreachable, or it rejects writes. */
  readonly isStores: (error: unknown) => boolean;
  readonly log: Record<'error' | 'warn', (fields: object, message: string) => void>;
  readonly tracing: Tracing;
}

export type RunJobs = ReturnType<typeof openRunJobs>;

const storeWaitMs = 2_000;
/** Unexpected errors of one turn before the run ends, after about a minute. */
const mostErrors = 8;
/**
 * Limit on concurrent runs per process. Clicks share its thread and connections, so other runs wait. A run that waits for
 * Azure or for propagation doesn't count.
 */
const runsAtOnce = 8;
/** When and how often the cards of a waiting run are updated to show the elapsed time. */
const drawEveryMs = 10_000;
const pausedMs = 5_000;
/** Another replica is publishing. */
const otherReplicaMs = 1_000;
/** Delay from the click to the start above which a run gets its own trace. */
const lateAfterMs = 10 * 60_000;

export function openRunJobs(ports: RunJobPorts) {
  const { requests, jobs, log, tracing } = ports;
  const room = new Semaphore(runsAtOnce);
  /** Runs whose cards were updated by this process, because it started or ended a pause. */
  const shown = new Set<string>();
  const ageMs = ({ changedAt }: Request): number => ports.now().getTime() - Date.parse(changedAt);

  /**
   * Does one turn of a run. A thrown error means that the store is unavailable, which is waited out without limit, or is
   * unexpected; all other outcomes are returned.
   */
  const turnUntil =
    (signal: AbortSignal): Turn =>
    async (name, work) => {
      let errors = 0;
      for (let n = 0; ; n += 1) {
        try {
          return await work();
        } catch (error) {
          const isStores = ports.isStores(error);
          if (!isStores) errors += 1;
          if (signal.aborted || error instanceof RunLostError || errors === mostErrors) throw error;
          if (isStores && n === 0)
            log.warn({ err: error, turn: name }, 'a run waits: the database doesn’t answer or store');
          await pause(isStores ? storeWaitMs : 250 * 2 ** errors, undefined, { ref: false });
        }
      }
    };

  /** Keeps the cards' elapsed time right while nothing is stored. */
  async function drawIfStill(id: RequestId): Promise<void> {
    const request = await requests.load(id);
    if (request?.state === 'running' && ageMs(request) >= drawEveryMs) await jobs.requestShow(id);
  }

  async function run(job: Job, id: RequestId, number: number, from: TraceOrigin | null, signal: AbortSignal) {
    const fence = async (): Promise<void> => {
      if (!signal.aborted && (await jobs.isMine(job)) && !signal.aborted) return;
      throw new RunLostError(`run ${number} of ${id} was taken over, or this process stops`);
    };
    const append: Requests['append'] = async (...given) => {
      await fence();
      return requests.append(...given);
    };
    const own = { ...ports, requests: { ...requests, append }, azure: withReleasedSlot(room, ports.azure) };
    const permitted = <T>(work: () => Promise<T>): Promise<T> => ports.withWriteFence(fence, work);
    const sleep = (ms: number): Promise<void> => pause(ms, undefined, { ref: false, signal });
    const turn = turnUntil(signal);
    let waits = 0;
    async function published(request: Request): Promise<boolean> {
      const isPublished = await turn('publish', () => ports.decisions.isPublished(request));
      if (!isPublished) await waitForPublishing(request);
      return isPublished;
    }
    async function waitForPublishing({ decided: { seq } }: Request): Promise<void> {
      const ms = waits === 0 ? otherReplicaMs : pausedMs;
      const isDelayed = waits > 0;
      waits += 1;
      if (waits === 2)
        log.error({ requestId: id, run: number, event: seq }, 'a run waits: the last decision is not published');
      if (isDelayed) await jobs.requestShow(id);
      await room.outside(() => sleep(ms));
    }
    await room.enter();
    try {
      const of = { name: 'run', attributes: { 'cmk.request.id': id, 'cmk.run': number }, from };
      await tracing.span(of, () => runPlan({ ...own, tracing, permitted, published, room, turn, sleep }, id, number));
    } catch (error) {
      // Neither is a bug. The job stays, and the run continues when it's claimed again.
      if (signal.aborted || error instanceof RunLostError || ports.isStores(error)) throw error;
      const errorId = `${id}:${number}`;
      log.error({ err: error, errorId }, 'run stopped: unexpected error');
      await turn('stop', () =>
        endRunEarly(own, id, number, botFailure('running the plan', { code: 'unexpected', errorId })),
      );
    } finally {
      room.leave();
    }
  }

  return {
    /** `signal`: the claim is lost, or the process stops. Returns when the job is due again; null when the run is over. */
    async carryOut(job: Job & { readonly stream: RequestId }, signal: AbortSignal): Promise<RescheduleAt | null> {
      const { stream: id, traceparent } = job;
      const number = Number(job.key);
      const request = await requests.load(id);
      if (request === null || !isRunning(request, number)) {
        if (!(number >= 1 && number <= (request?.runs ?? 0)))
          jobs.reportOrphan({ request: id, kind: 'run', key: job.key });
        return null;
      }
      const name = `${id}:${number}`;
      if (!shown.has(name)) await jobs.requestShow(id);
      shown.add(name);
      if (request.state === 'approved') {
        // The job can be due early, for example after a wrong clock was corrected.
        const { notBefore } = request;
        if (notBefore !== null && isTooEarly(request, ports.now())) return { at: notBefore };
        if (isTooEarly(request, ports.ownTime()) || (await ports.clock.look()) !== null) return { afterMs: pausedMs };
      }
      if (ports.paused) return { afterMs: pausedMs };
      if (job.retryCount > 0) log.warn({ requestId: id, run: number }, 'a run that lost its replica is taken over');
      // A run that starts long after its order would keep the trace open for too long.
      const from = traceparent === null ? null : { traceparent, late: ageMs(request) >= lateAfterMs };
      const drawing = setInterval(() => void drawIfStill(id).catch(() => undefined), drawEveryMs);
      try {
        await run(job, id, number, from, signal);
      } finally {
        clearInterval(drawing);
      }
      shown.delete(name);
      return null;
    },
  };
}
