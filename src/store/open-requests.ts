/** Which open request holds which resource. Changes only inside the transaction that stores the events it follows from. */
import { z } from 'zod';
import { RequestId } from '../domain/ids.ts';
import { holdsResource } from '../domain/request/consequences.ts';
import type { Request } from '../domain/request/request.ts';
import type { HoldRead } from './event-rows.ts';
import type { KnownRecord } from './known-record.ts';
import { change, type Sql, select, selectOne } from './sql.ts';

const Row = z.object({ request_id: RequestId });

async function holderOf(sql: Sql, resource: string): Promise<RequestId | null> {
  const row = await selectOne(sql, Row, 'select request_id from cmk.open_request where resource = $1', [resource]);
  return row?.request_id ?? null;
}

const All = z.object({ resource: z.string(), request_id: z.string() });

/** Nobody may hold what no event says, nor lose what one says. With the head locked, and the chain read up to it. */
export async function checkHolds(sql: Sql, known: KnownRecord): Promise<void> {
  const rows = await select(sql, All, 'select resource, request_id from cmk.open_request');
  const there = new Map(rows.map((row) => [row.resource, row.request_id]));
  for (const resource of new Set([...there.keys(), ...known.holders.keys()])) {
    checkHold(known, resource, there.get(resource) ?? null);
  }
}

function checkHold(known: KnownRecord, resource: string, found: string | null): void {
  const expected = known.holderOf(resource);
  if (expected === found) return;
  const detail = `${resource}: expected ${expected ?? 'no request'}, found ${found ?? 'none'}`;
  known.broken({ request: found ?? expected ?? '' }, 'open-request-differs', detail);
}

/** A request before and after, null: it is new; and what was read already of who holds what it held. */
interface Move {
  readonly before: Request | null;
  readonly after: Request;
  readonly held: HoldRead | null;
}

/**
 * Follows a request from one state to the next. Returns the request that already holds the resource, and then changes nothing;
 * null when all is well. What is there must be what the events say.
 */
export async function moveHold(sql: Sql, known: KnownRecord, { before, after, held }: Move): Promise<RequestId | null> {
  const from = before === null ? null : holdsResource(before);
  const to = holdsResource(after);
  for (const resource of new Set([from, to])) {
    if (resource === null) continue;
    checkHold(known, resource, held?.resource === resource ? held.holder : await holderOf(sql, resource));
  }
  if (from === to) return null;
  if (to !== null) {
    const insert = 'insert into cmk.open_request values ($1, $2) on conflict do nothing';
    if ((await change(sql, insert, [to, after.id])) === 0) return holderOf(sql, to);
  }
  if (from !== null) {
    await change(sql, 'delete from cmk.open_request where resource = $1 and request_id = $2', [from, after.id]);
  }
  return null;
}
