/** Carries out what must follow from stored events: showing cards, starting runs, expiring requests. */

import type { RequestId } from '../domain/ids.ts';
import type { Outbox, Requests } from '../domain/ports/store.ts';
import type { Note, SpanOf, Tracing } from '../domain/ports/tracing.ts';
import type { OutboxItem, RescheduleAt } from '../domain/request/consequences.ts';
import { decide } from '../domain/request/decide.ts';

export interface OutboxWorkerPorts {
  readonly outbox: Outbox;
  readonly requests: Requests;
  /** Starts the run and looks after it; when to look again, null once it is over. */
  readonly run: (id: RequestId, run: number, traceparent: string | null) => Promise<RescheduleAt | null>;
  /** Brings all cards of the request up to date. */
  readonly show: (id: RequestId) => Promise<void>;
  /** Shows new events in the audit channel; when to look again, null where everything is shown. */
  readonly audit: (id: RequestId) => Promise<RescheduleAt | null>;
  /** Says again that people are waited for; when to do so the next time, null when there is nothing to remind of. */
  readonly remind: (id: RequestId, key: string, dueAt: string) => Promise<RescheduleAt | null>;
  /** Tells people of the event with that revision. */
  readonly call: (id: RequestId, revision: number) => Promise<void>;
  /** Asks the vault's log for the use of the key; when to ask again, null once it is judged. `tries`: that did not work. */
  readonly seekUse: (id: RequestId, run: number, tries: number) => Promise<RescheduleAt | null>;
  /** This start of the process, as it signed on: rows are claimed in its name. */
  readonly instance: string;
  readonly log: { warn(fields: object, message: string): void };
  readonly tracing: Tracing;
}

/** For what hangs: what a dead replica claimed is free much sooner. */
const leaseMs = 5 * 60_000;
const sweepMs = 1_000;
/** The answer to the click that wrote a row goes first; and what is written in the same moment is claimed by one statement. */
const soonMs = 15;
const claimLimit = 16;
/**
 * Posts that Teams does not answer may take all hands. What needs no Teams is looked for all the same, once a sweep, and has
 * room of its own: a run that was put off begins, and time is up.
 */
const withoutTeams: readonly OutboxItem['kind'][] = ['run', 'expire', 'use'];
const roomWithoutTeams = 16;
const longestWaitMs = 5 * 60_000;

export interface OutboxWorker {
  stop(): Promise<void>;
}

/** The clock may have been set back since the row was claimed: then the request still waits, and so must the row. */
async function expire({ requests }: OutboxWorkerPorts, item: OutboxItem): Promise<RescheduleAt | null> {
  const expired = await requests.append(item.requestId, `timer:expire/${item.dueAt}`, (request, now) =>
    decide(request, { do: 'expire' }, now),
  );
  const request = expired.kind === 'refused' ? await requests.load(item.requestId) : null;
  return request?.state === 'awaiting-approval' ? { at: request.policy.expiresAt } : null;
}

/** Returns when the item comes up again; null when it is done with. */
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
    case 'use':
      return ports.seekUse(item.requestId, Number(item.key), item.attempts);
    case 'expire':
      return expire(ports, item);
  }
}

/** What time brings hours later points at what it comes from; the rest belongs to it. */
const spanOf = ({ kind, requestId, traceparent }: OutboxItem): SpanOf => ({
  name: kind,
  attributes: { 'cmk.request.id': requestId },
  from: traceparent === null ? null : { traceparent, late: kind === 'expire' || kind === 'remind' || kind === 'use' },
});

/** A run that is only looked after tells of itself. */
const handle = (ports: OutboxWorkerPorts, item: OutboxItem): Promise<boolean> =>
  item.kind === 'run'
    ? tryItem(ports, item, () => undefined)
    : ports.tracing.span(spanOf(item), (note) => tryItem(ports, item, note));

/** Returns whether the row is gone, so that there is nothing to claim of it. */
async function tryItem(ports: OutboxWorkerPorts, item: OutboxItem, note: Note): Promise<boolean> {
  try {
    const again = await carryOut(ports, item);
    if (again === null) return await ports.outbox.finish(item);
    await ports.outbox.reschedule(item, again);
  } catch (error) {
    note({ 'error.type': 'put off' });
    const waitMs = Math.min(500 * 2 ** item.attempts, longestWaitMs);
    ports.log.warn({ err: error, kind: item.kind, requestId: item.requestId }, 'outbox item put off');
    await ports.outbox.postpone(item, waitMs);
  }
  return false;
}

/** Starts sweeping: soon when something was written in this process, and every second for what others wrote. */
export function startOutboxWorker(ports: OutboxWorkerPorts): OutboxWorker {
  const inHand = new Map<Promise<void>, OutboxItem>();
  let stopped = false;
  let kicked = false;
  let swept = false;
  /** There may be more that is due than there was room for. */
  let isMore = false;
  let claiming: Promise<void> | null = null;
  let soon: NodeJS.Timeout | null = null;

  const take = (item: OutboxItem): void => {
    const handled = handle(ports, item)
      .catch((error: unknown) => {
        ports.log.warn({ err: error }, 'outbox item could not be put off');
        return false;
      })
      .then((isGone) => {
        inHand.delete(handled);
        // The row may have been written again meanwhile.
        if (!isGone || isMore) kick();
      });
    inHand.set(handled, item);
  };
  const claimAll = async (): Promise<void> => {
    while (kicked && !stopped) {
      const isSweep = swept;
      [kicked, swept] = [false, false];
      const room = claimLimit - inHand.size;
      isMore = room <= 0;
      const [limit, kinds] = isMore ? [room + roomWithoutTeams, withoutTeams] : [room];
      if ((isMore && !isSweep) || limit <= 0) continue;
      const claimed = await ports.outbox.claim(ports.instance, leaseMs, limit, [...inHand.values()], kinds);
      isMore ||= claimed.length >= room;
      for (const item of claimed) take(item);
    }
  };
  const kick = (): void => {
    kicked = true;
    if (stopped || claiming !== null) return;
    claiming = claimAll()
      .catch((error: unknown) => ports.log.warn({ err: error }, 'sweeping the outbox did not work'))
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
