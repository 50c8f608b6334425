/** The outbox worker. It processes follow-up work of events, such as updating cards, starting runs and expiring requests. */
import type { DriftId, RequestId } from '../domain/ids.ts';
import type { Outbox, Requests } from '../domain/ports/store.ts';
import type { Note, SpanOf, Tracing } from '../domain/ports/telemetry.ts';
import type { OutboxItem, RescheduleAt } from '../domain/request/consequences.ts';
import { decide } from '../domain/request/decide.ts';
import { Throttled } from '../domain/retry.ts';

interface OutboxWorkerPorts {
  readonly outbox: Pick<Outbox, 'claim' | 'finish' | 'postpone' | 'reschedule' | 'onWritten'>;
  readonly requests: Requests;
  /** Starts and monitors the run. Returns when to check again; null when it's over. */
  readonly run: (id: RequestId, run: number, traceparent: string | null) => Promise<RescheduleAt | null>;
  /** Updates all cards of the request. */
  readonly show: (id: RequestId) => Promise<void>;
  /** Posts new events to the audit channel. Returns when to check again; null when all are posted. */
  readonly audit: (id: RequestId) => Promise<RescheduleAt | null>;
  /** Sends a reminder. Returns when to send the next; null if none is needed. */
  readonly remind: (id: RequestId, key: string, dueAt: string) => Promise<RescheduleAt | null>;
  /** Notifies people of the event with that revision. */
  readonly call: (id: RequestId, revision: number) => Promise<void>;
  /** Retries after the failure with that revision. Returns when to try again; null when it's over. */
  readonly retryAfterOutage: (id: RequestId, asking: number) => Promise<RescheduleAt | null>;
  /** Runs the usage check. Returns when to check again; null when it has a result. `tries`: failed attempts. */
  readonly checkUsage: (id: RequestId, run: number, tries: number) => Promise<RescheduleAt | null>;
  /** Updates the card of an agent's drift with that number. */
  readonly alert: (id: DriftId, number: number) => Promise<void>;
  /** This process's instance ID. Rows are claimed in its name. */
  readonly instance: string;
  readonly log: { warn(fields: object, message: string): void };
  readonly tracing: Tracing;
}

/** Renewed while the row is in hand. The rows of a failed replica are released much sooner. */
const leaseMs = 5 * 60_000;
/** Far longer than posts to fifty people while Teams throttles. Work that takes longer hangs: it is begun again. */
const longestWorkMs = 30 * 60_000;
const sweepMs = 1_000;
/** Delay that lets the click's response go first and one statement claim all rows of the same moment. */
const soonMs = 15;
const claimLimit = 16;
/**
 * Rows that don't need Teams. If unanswered posts use up the limit, these still get extra slots, once per sweep, so that
 * scheduled runs start and requests expire.
 */
const withoutTeams: readonly OutboxItem['kind'][] = ['run', 'expire', 'retry', 'use'];
const roomWithoutTeams = 16;
/** So that cards are right within a minute after Teams answers again, if it doesn't ask for a longer wait. */
const longestWaitMs = 60_000;
/** Teams asks for seconds or minutes. More would leave cards out of date for a wrong answer. */
const longestThrottleMs = 10 * 60_000;

/** Expires the request. If a clock was set back since the claim, the request isn't due yet and the row is rescheduled. */
async function expire(
  { requests }: OutboxWorkerPorts,
  item: OutboxItem & { readonly requestId: RequestId },
): Promise<RescheduleAt | null> {
  const expired = await requests.append(item.requestId, `timer:expire/${item.dueAt}`, (request, now) =>
    decide(request, { do: 'expire' }, now),
  );
  const request = expired.kind === 'refused' ? await requests.load(item.requestId) : null;
  return request?.state === 'awaiting-approval' ? { at: request.policy.expiresAt } : null;
}

/** Processes one row. Returns when it's due again; null when it's finished. */
async function carryOut(ports: OutboxWorkerPorts, item: OutboxItem): Promise<RescheduleAt | null> {
  switch (item.kind) {
    case 'show':
      await ports.show(item.requestId);
      return null;
    case 'audit':
      return ports.audit(item.requestId);
    case 'run':
      return ports.run(item.requestId, Number(item.key), item.traceparent);
    case 'remind':
      return ports.remind(item.requestId, item.key, item.dueAt);
    case 'call':
      await ports.call(item.requestId, Number(item.key));
      return null;
    case 'retry':
      return ports.retryAfterOutage(item.requestId, Number(item.key));
    case 'use':
      return ports.checkUsage(item.requestId, Number(item.key), item.attempts);
    case 'alert':
      await ports.alert(item.requestId, Number(item.key));
      return null;
    case 'expire':
      return expire(ports, item);
  }
}

const lateKinds: readonly OutboxItem['kind'][] = ['expire', 'remind', 'retry', 'use'];

/** Builds the span. Work that is due hours later links to its origin; other work is a child of it. */
const spanOf = ({ kind, requestId, traceparent }: OutboxItem): SpanOf => ({
  name: kind,
  attributes: { 'cmk.request.id': requestId },
  from: traceparent === null ? null : { traceparent, late: lateKinds.includes(kind) },
});

/** Processes a row in a span. Monitoring a run has its own spans. */
const handle = (ports: OutboxWorkerPorts, item: OutboxItem): Promise<boolean> =>
  item.kind === 'run'
    ? tryItem(ports, item, () => undefined)
    : ports.tracing.span(spanOf(item), (note) => tryItem(ports, item, note));

/** Returns whether the row was deleted, so that there is nothing more to claim. */
async function tryItem(ports: OutboxWorkerPorts, item: OutboxItem, note: Note): Promise<boolean> {
  try {
    const again = await carryOut(ports, item);
    if (again === null) return await ports.outbox.finish(item);
    await ports.outbox.reschedule(item, again);
  } catch (error) {
    note({ 'error.type': 'postponed' });
    const askedMs = error instanceof Throttled ? Math.min(error.retryAfterMs, longestThrottleMs) : 0;
    const waitMs = Math.max(askedMs, Math.min(500 * 2 ** item.attempts, longestWaitMs));
    const { kind, requestId, attempts } = item;
    ports.log.warn({ err: error, kind, requestId, attempts: attempts + 1 }, 'outbox item postponed');
    await ports.outbox.postpone(item, waitMs);
  }
  return false;
}

/** Starts polling: shortly after each write by this process, and every second for other processes' writes. */
export function startOutboxWorker(ports: OutboxWorkerPorts): { stop(): Promise<void> } {
  const inHand = new Map<Promise<void>, { readonly item: OutboxItem; readonly since: number }>();
  let stopped = false;
  let kicked = false;
  let swept = false;
  /** True: more rows might be due than fit the limit. */
  let isMore = false;
  let claiming: Promise<void> | null = null;
  let soon: NodeJS.Timeout | null = null;

  const take = (item: OutboxItem): void => {
    const handled = handle(ports, item)
      .catch((error: unknown) => {
        ports.log.warn({ err: error }, 'outbox item could not be postponed');
        return false;
      })
      .then((isGone) => {
        inHand.delete(handled);
        // The row might have been written again in the meantime.
        if (!isGone || isMore) kick();
      });
    inHand.set(handled, { item, since: performance.now() });
  };
  const claimAll = async (): Promise<void> => {
    while (kicked && !stopped) {
      const isSweep = swept;
      [kicked, swept] = [false, false];
      const room = claimLimit - inHand.size;
      isMore = room <= 0;
      const [limit, kinds] = isMore ? [Math.max(0, room + roomWithoutTeams), withoutTeams] : [room];
      // A sweep also renews the leases of rows in hand.
      if (isMore && !isSweep) continue;
      const hangsSince = performance.now() - longestWorkMs;
      const held = [...inHand.values()].flatMap(({ item, since }) => (since > hangsSince ? [item] : []));
      const claimed = await ports.outbox.claim(ports.instance, leaseMs, limit, held, kinds);
      isMore ||= claimed.length >= room;
      for (const item of claimed) take(item);
    }
  };
  const kick = (): void => {
    kicked = true;
    if (stopped || claiming !== null) return;
    claiming = claimAll()
      .catch((error: unknown) => ports.log.warn({ err: error }, 'the outbox could not be processed'))
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

  ports.outbox.onWritten(kickSoon);
  const sweep = (): void => {
    swept = true;
    kick();
  };
  const timer = setInterval(sweep, sweepMs);
  kick();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      if (soon !== null) clearTimeout(soon);
      await claiming;
      await Promise.all(inHand.keys());
    },
  };
}
