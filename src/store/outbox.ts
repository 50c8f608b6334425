/** Rows that say what must follow from stored events. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { RequestId } from '../domain/ids.ts';
import type { Outbox } from '../domain/ports/store.ts';
import type { Again, Consequence, OutboxItem } from '../domain/request/consequences.ts';
import type { ClockGuard } from './clock-guard.ts';
import { aliveInstances } from './replicas.ts';
import { change, int8, type Sql, select, selectOne } from './sql.ts';
import { together } from './together.ts';

/** What was due by a clock that has been set right since, at its wrong time, is due now. Expiries are the requests' own. */
export const bringForward = (sql: Sql, now: Date): Promise<number> =>
  change(
    sql,
    "update cmk.outbox set due_at = $1 where due_at > $1 and kind in ('show', 'audit', 'run', 'call', 'use')",
    [now.toISOString()],
  );

/** A kind that is missing here does not compile. */
const kinds = {
  show: 'show',
  audit: 'audit',
  run: 'run',
  expire: 'expire',
  remind: 'remind',
  call: 'call',
  use: 'use',
} as const satisfies {
  [K in Consequence['kind']]: K;
};

const Row = z.object({
  request_id: RequestId,
  kind: z.enum(kinds),
  key: z.string(),
  due_at: z.date(),
  attempts: z.number(),
  version: int8,
  traceparent: z.string().nullable(),
});

/** Looked up row by row, however many events there are. */
const isAsked = '(select e.seq from cmk.event e where e.request_id = o.request_id and e.revision = 1) is not null';

/**
 * Claiming is one statement, a transaction of its own; replicas skip what another is claiming, and leave what only a newer
 * program knows to it. Only the transaction that stores a request's events writes its rows: one for a request that is not there
 * is somebody else's, and is dropped. It is looked for among what is due: what waits for hours is very much more.
 */
const claim = `with unasked as (delete from cmk.outbox o where o.due_at <= $1 and not (${isAsked})
      returning o.request_id, o.kind, o.key),
    claimed as (update cmk.outbox o set leased_until = $2, leased_version = o.version, leased_by = $5
      from (select request_id, kind, key from cmk.outbox o
        where due_at <= $1 and kind = any($4) and ${isAsked}
          and (leased_until is null or leased_until <= $1 or leased_by not in (${aliveInstances})
            or (leased_by = $5 and (request_id, kind, key) not in
              (select * from unnest($6::text[], $7::text[], $8::text[]))))
        order by due_at limit $3 for update skip locked) due
      where o.request_id = due.request_id and o.kind = due.kind and o.key = due.key
      returning o.request_id, o.kind, o.key, o.due_at, o.attempts, o.version, o.traceparent)
  select true as asked, * from claimed
  union all select false, request_id, kind, key, null, null, null, null from unasked`;

const UnaskedRow = z.object({ asked: z.literal(false), request_id: z.string(), kind: z.string(), key: z.string() });
const ClaimRow = z.discriminatedUnion('asked', [Row.extend({ asked: z.literal(true) }), UnaskedRow]);

/** A row that no event asks for, as it lay there. */
export interface Unasked {
  readonly request: string;
  readonly kind: string;
  readonly key: string;
}

const itemOf = ({ request_id: requestId, due_at, ...row }: z.infer<typeof Row>): OutboxItem => ({
  ...{ requestId, kind: row.kind, key: row.key, attempts: row.attempts },
  ...{ version: row.version, traceparent: row.traceparent, dueAt: due_at.toISOString() },
});

const same = 'request_id = $1 and kind = $2 and key = $3';
/** Still the lease under which this version was claimed, not somebody's later one. */
const mine = `${same} and leased_version = $4`;

const keyOf = (item: OutboxItem): unknown[] => [item.requestId, item.kind, item.key, item.version];

const Version = z.object({ version: int8 });
/**
 * Several rows may be finished at once, and what is stored writes several rows of a request again: neither waits for the other
 * with a row in its hands. A row that is being written again is no longer the one that was claimed.
 */
const remove = `delete from cmk.outbox where (request_id, kind, key) in
  (select o.request_id, o.kind, o.key from cmk.outbox o
    join unnest($1::text[], $2::text[], $3::text[], $4::int8[]) as done (request_id, kind, key, version)
      using (request_id, kind, key, version)
    for update of o skip locked) returning version`;

/** Which versions were removed. No two rows have the same one. */
async function removeAll(sql: Sql, items: readonly OutboxItem[]): Promise<ReadonlySet<number>> {
  const columns = [items.map((one) => one.requestId), items.map((one) => one.kind), items.map((one) => one.key)];
  const removed = await select(sql, Version, remove, [...columns, items.map((one) => one.version)]);
  return new Set(removed.map(({ version }) => version));
}

/** Written again meanwhile: the newer version need not wait for this lease to end. */
async function letGo(sql: Sql, item: OutboxItem): Promise<void> {
  await change(sql, `update cmk.outbox set leased_until = null, attempts = 0 where ${mine}`, keyOf(item));
}

async function giveBack(sql: Sql, item: OutboxItem, dueAt: Date, attempts: number): Promise<void> {
  const text = `update cmk.outbox set leased_until = null, attempts = $6,
    due_at = case when version = $4 then $5 else due_at end where ${mine}`;
  await change(sql, text, [...keyOf(item), dueAt.toISOString(), attempts]);
}

/**
 * While a clock is wrong nothing comes due, and what was in hand keeps its time: a row due by that clock would wait for it. Every
 * time is made of the very reading that was compared: one that was taken before may have been another's.
 */
export interface OutboxTools {
  readonly clock: Pick<ClockGuard, 'believed'>;
  /** Told of rows that are dropped because no event asks for them. */
  readonly onUnasked: (row: Unasked) => void;
}

function dueAgain(again: Again, now: Date): Date {
  if ('at' in again) return new Date(again.at);
  const latest = again.noLaterThan === undefined ? Number.POSITIVE_INFINITY : Date.parse(again.noLaterThan);
  return new Date(Math.min(now.getTime() + again.afterMs, latest));
}

export function openOutbox(pool: Pool, onWritten: Outbox['onWritten'], { clock, onUnasked }: OutboxTools): Outbox {
  const removed = together((items: readonly OutboxItem[]) => removeAll(pool, items));
  const backAgain = async (item: OutboxItem, again: Again, attempts: number): Promise<void> => {
    const now = await clock.believed();
    await giveBack(pool, item, now === null ? new Date(item.dueAt) : dueAgain(again, now), attempts);
  };
  return {
    claim: async (instance, leaseMs, limit, inHand, only = Object.values(kinds)) => {
      const now = await clock.believed();
      if (now === null) return [];
      const until = new Date(now.getTime() + leaseMs).toISOString();
      const given = [now.toISOString(), until, limit, only, instance];
      const held = [inHand.map((one) => one.requestId), inHand.map((one) => one.kind), inHand.map((one) => one.key)];
      const rows = await select(pool, ClaimRow, claim, [...given, ...held]);
      for (const { asked, request_id: request, kind, key } of rows) if (!asked) onUnasked({ request, kind, key });
      return rows
        .flatMap((row) => (row.asked ? itemOf(row) : []))
        .sort((a, b) => (a.dueAt < b.dueAt ? -1 : a.dueAt > b.dueAt ? 1 : a.version - b.version));
    },
    async finish(item) {
      if ((await removed([item])).has(item.version)) return true;
      await letGo(pool, item);
      return false;
    },
    oldestDue: async (now) => {
      const oldest = 'select min(due_at) as due_at from cmk.outbox where due_at <= $1';
      return (
        (await selectOne(pool, z.object({ due_at: z.date().nullable() }), oldest, [now.toISOString()]))?.due_at ?? null
      );
    },
    postpone: (item, waitMs) => backAgain(item, { afterMs: waitMs }, item.attempts + 1),
    comeBack: (item, again) => backAgain(item, again, 0),
    onWritten,
  };
}
