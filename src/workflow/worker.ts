/** The worker. It carries out the follow-up work of events, such as updating cards, running plans and expiring requests. */

import type { ClockSkew } from '../domain/clock-skew.ts';
import type { DriftId, PersonId, RequestId, StreamId } from '../domain/ids.ts';
import type { Job, Jobs, Requests } from '../domain/ports/store.ts';
import type { Note, SpanOf, Tracing } from '../domain/ports/telemetry.ts';
import { escalationKey, type RescheduleAt } from '../domain/request/consequences.ts';
import { decide } from '../domain/request/decide.ts';
import type { Request } from '../domain/request/request.ts';
import { Throttled } from '../domain/retry.ts';
import { type RunJobs, RunLostError } from './run-job.ts';

interface WorkerPorts {
  readonly jobs: Jobs;
  readonly requests: Requests;
  /** While the clocks differ, no request expires or is escalated. */
  readonly clock: { look(): Promise<ClockSkew | null> };
  /** Runs the plan. */
  readonly run: RunJobs['carryOut'];
  /** Updates all cards of the request. Returns when to show again what Teams refuses; null: nothing. */
  readonly show: (id: RequestId, signal: AbortSignal) => Promise<RescheduleAt | null>;
  /** Posts new events to the audit channel. Returns when to check again; null when all are posted. */
  readonly audit: (id: RequestId) => Promise<RescheduleAt | null>;
  /** Sends a reminder. Returns when to send the next; null if none is needed. */
  readonly remind: (id: RequestId, key: string, dueAt: string) => Promise<RescheduleAt | null>;
  /** Returns who is notified of an escalation. */
  readonly escalatedTo: (request: Request) => Promise<readonly PersonId[]>;
  /** Notifies people of the event with that revision. Returns when to try again while Teams refuses; null: all are notified. */
  readonly call: (id: RequestId, revision: number) => Promise<RescheduleAt | null>;
  /** Retries after the failure with that revision. Returns when to try again; null when it's over. */
  readonly retryAfterOutage: (id: RequestId, asking: number) => Promise<RescheduleAt | null>;
  /** Runs the usage check. Returns when to check again; null when it has a result. `tries`: failed attempts. */
  readonly checkUsage: (id: RequestId, run: number, tries: number) => Promise<RescheduleAt | null>;
  /** Updates the card of a resource's drift with that number. */
  readonly alert: (id: DriftId, number: number) => Promise<void>;
  /** Tells the alert webhook. Throws if it doesn't accept it. */
  readonly webhook: (id: StreamId, key: string) => Promise<void>;
  readonly log: { warn(fields: object, message: string): void };
  readonly tracing: Tracing;
}

const beatMs = 1_000;
/** A process whose own beats had such a gap takes over nothing until they were regular for {@link steadyMs}. */
const gapMs = 2 * beatMs;
const steadyMs = 3 * beatMs;
/** How often claims of failed processes are looked for. */
const takeOverMs = 2 * beatMs;
/** Delay that lets the click's response go first and one statement claim all jobs of the same moment. */
const soonMs = 15;
const claimLimit = 16;
/** Unanswered posts hold up to {@link claimLimit}: scheduled runs still start and requests expire. */
const mostUrgent = 500;
/** So that cards are right within a minute after Teams answers again, if it doesn't ask for a longer wait. */
const longestWaitMs = 60_000;
/** Teams asks for seconds or minutes. More would leave cards out of date for a wrong answer. */
const longestThrottleMs = 10 * 60_000;
const clocksDifferMs = 10_000;

/** Expires the request. If a clock was set back since the claim, the request isn't due yet and the job is rescheduled. */
async function expire({ requests }: WorkerPorts, id: RequestId, dueAt: string): Promise<RescheduleAt | null> {
  const expired = await requests.append(id, `timer:expire/${dueAt}`, (request, now) =>
    decide(request, { do: 'expire' }, now),
  );
  const request = expired.kind === 'refused' ? await requests.load(id) : null;
  return request?.state === 'awaiting-approval' ? { at: request.policy.expiresAt } : null;
}

/** Stores the escalation, whose event notifies. Throws while the directory doesn't answer. */
async function escalate(
  { requests, escalatedTo, log }: WorkerPorts,
  id: RequestId,
  dueAt: string,
): Promise<RescheduleAt | null> {
  const request = await requests.load(id);
  const { escalateAt } = request?.policy ?? {};
  if (request?.state !== 'awaiting-approval' || request.escalated !== null || escalateAt === undefined) return null;
  // The request was edited meanwhile.
  if (escalateAt > dueAt) return { at: escalateAt };
  const to = await escalatedTo(request);
  if (to.length === 0) {
    log.warn({ requestId: id }, 'no approver is left to escalate to: cmk-bot doctor says why');
    return null;
  }
  const stored = await requests.append(id, `timer:escalate/${dueAt}`, (current, now) =>
    decide(current, { do: 'escalate', to }, now),
  );
  return stored.kind === 'refused' ? { afterMs: clocksDifferMs } : null;
}

/** Carries out one job. Returns when it's due again; null when it's finished. */
async function carryOut(ports: WorkerPorts, job: Job, signal: AbortSignal): Promise<RescheduleAt | null> {
  const escalates = job.kind === 'remind' && job.key === escalationKey;
  if ((job.kind === 'expire' || escalates) && (await ports.clock.look()) !== null) return { afterMs: clocksDifferMs };
  switch (job.kind) {
    case 'show':
      return ports.show(job.stream, signal);
    case 'audit':
      return ports.audit(job.stream);
    case 'run':
      return ports.run(job, signal);
    case 'remind':
      return escalates ? escalate(ports, job.stream, job.dueAt) : ports.remind(job.stream, job.key, job.dueAt);
    case 'call':
      return ports.call(job.stream, Number(job.key));
    case 'retry':
      return ports.retryAfterOutage(job.stream, Number(job.key));
    case 'use':
      return ports.checkUsage(job.stream, Number(job.key), job.attempts);
    case 'alert':
      await ports.alert(job.stream, Number(job.key));
      return null;
    case 'webhook':
      await ports.webhook(job.stream, job.key);
      return null;
    case 'expire':
      return expire(ports, job.stream, job.dueAt);
  }
}

const lateKinds: readonly Job['kind'][] = ['expire', 'remind', 'retry', 'use'];

/** Builds the span. Work that is due hours later links to its origin; other work is a child of it. */
const spanOf = ({ kind, stream, traceparent }: Job): SpanOf => ({
  name: kind,
  attributes: { 'cmk.request.id': stream },
  from: traceparent === null ? null : { traceparent, late: lateKinds.includes(kind) },
});

/** Carries out a job in a span. A run has its own spans. */
const handle = (ports: WorkerPorts, job: Job, signal: AbortSignal): Promise<boolean> =>
  job.kind === 'run'
    ? tryJob(ports, job, signal, () => undefined)
    : ports.tracing.span(spanOf(job), (note) => tryJob(ports, job, signal, note));

/** Returns whether more of the same is due. */
async function tryJob(ports: WorkerPorts, job: Job, signal: AbortSignal, note: Note): Promise<boolean> {
  const { jobs, log } = ports;
  const { kind, stream: requestId, attempts } = job;
  try {
    const again = await carryOut(ports, job, signal);
    if (again !== null) {
      await jobs.release(job, again, 0);
      return false;
    }
    const end = await jobs.finish(job);
    // Another process finished it meanwhile: this one might have put an older card over its newer one.
    if (end === 'lost' && job.kind === 'show') await jobs.requestShow(job.stream);
    return end !== 'gone';
  } catch (error) {
    note({ 'error.type': 'postponed' });
    if (signal.aborted || error instanceof RunLostError) {
      log.warn({ err: error, kind, requestId }, 'work given up: its claim was lost, or the bot stops');
      return false;
    }
    const askedMs = error instanceof Throttled ? Math.min(error.retryAfterMs, longestThrottleMs) : 0;
    const waitMs = Math.max(askedMs, Math.min(500 * 2 ** attempts, longestWaitMs));
    log.warn({ err: error, kind, requestId, attempts: attempts + 1 }, 'work postponed');
    await jobs.release(job, { afterMs: waitMs }, attempts + 1);
    return false;
  }
}

interface InHand {
  readonly job: Job;
  readonly claim: AbortController;
  readonly done: Promise<void>;
}

/** Starts working: shortly after each write by this process, and every second for other processes' writes. */
export function startWorker(ports: WorkerPorts): { stop(): Promise<void> } {
  const { jobs, log } = ports;
  const inHand = new Set<InHand>();
  let stopped = false;
  let kicked = false;
  let claiming: Promise<void> | null = null;
  let beating: Promise<void> | null = null;
  let soon: NodeJS.Timeout | null = null;
  let lastBeat = performance.now();
  let steadySince = performance.now();
  let lookedAt = 0;

  const take = (job: Job): void => {
    const claim = new AbortController();
    const done = handle(ports, job, claim.signal)
      .catch((error: unknown) => {
        // Its claim isn't renewed any more, and lapses.
        log.warn({ err: error }, 'work could not be postponed');
        return false;
      })
      .then((isMore) => {
        inHand.delete(entry);
        if (isMore || isFull) kick();
      });
    const entry: InHand = { job, claim, done };
    inHand.add(entry);
  };
  /** True: more jobs might be due than were claimed. */
  let isFull = false;
  const urgentKinds: readonly Job['kind'][] = ['run', 'expire', 'retry', 'use'];
  const claimAll = async (): Promise<void> => {
    while (kicked && !stopped) {
      kicked = false;
      const urgent = [...inHand].filter(({ job }) => urgentKinds.includes(job.kind)).length;
      const room = claimLimit - (inHand.size - urgent);
      const limit = room > 0 ? room : Math.min(claimLimit, mostUrgent - urgent);
      if (limit <= 0) return;
      const claimed = await jobs.claim(limit, room <= 0);
      isFull = room <= 0 || claimed.length >= limit;
      if (claimed.length >= limit) kicked = true;
      for (const job of claimed) take(job);
    }
  };
  const kick = (): void => {
    kicked = true;
    if (stopped || claiming !== null) return;
    claiming = claimAll()
      .catch((error: unknown) => log.warn({ err: error }, 'due work could not be claimed'))
      .finally(() => {
        claiming = null;
        if (kicked) kick();
      });
  };
  const kickSoon = (): void => {
    soon ??= setTimeout(() => {
      soon = null;
      kick();
    }, soonMs);
  };

  /** Renews the claims, and aborts what is lost. */
  const beat = async (): Promise<void> => {
    const held = [...inHand];
    const lost = new Set(await jobs.renew(held.map(({ job }) => job)));
    // One that hangs holds nothing up: another worker begins it again.
    for (const entry of held) if (lost.has(entry.job) && inHand.delete(entry)) entry.claim.abort();
    const now = performance.now();
    if (now - lastBeat > gapMs) steadySince = now;
    lastBeat = now;
    if (stopped || now - steadySince < steadyMs || now - lookedAt < takeOverMs) return;
    lookedAt = now;
    await jobs.freeLostClaims();
  };
  const onBeat = (): void => {
    beating ??= beat()
      .catch((err: unknown) => {
        const overdueSeconds = Math.max(0, Math.round((performance.now() - lastBeat - beatMs) / 1_000));
        log.warn({ err, overdueSeconds }, 'this replica could not renew its claims');
      })
      .finally(() => {
        beating = null;
      });
    kick();
  };

  jobs.onWritten(kickSoon);
  const timer = setInterval(onBeat, beatMs);
  onBeat();
  return {
    async stop() {
      stopped = true;
      if (soon !== null) clearTimeout(soon);
      await claiming;
      // A run can wait for Azure for minutes, so another process continues it. Its fence lets no more through here.
      const runs = [...inHand].filter(({ job }) => job.kind === 'run');
      for (const { claim } of runs) claim.abort();
      // One that can't be given back lapses.
      await Promise.allSettled(runs.map(({ job }) => jobs.release(job, { afterMs: 0 }, job.attempts)));
      await Promise.all([...inHand].filter((entry) => !runs.includes(entry)).map(({ done }) => done));
      clearInterval(timer);
      await beating;
    },
  };
}
