/** Which open request holds which resource. Changes only inside the transaction that stores the events it follows from. */
import { z } from 'zod';
import { RequestId } from '../domain/ids.ts';
import type { Draft } from './draft.ts';
import type { HoldRead } from './event-rows.ts';
import type { KnownRecord } from './known-record.ts';
import { type Sql, select, selectOne } from './sql.ts';

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

/**
 * The request that holds what the draft would; null: nobody does. What is there must be what the events say. With the head
 * locked, and the chain read up to it. `held`: what was read already of who holds what.
 */
export async function holderInTheWay(
  sql: Sql,
  known: KnownRecord,
  { from, to }: Pick<Draft, 'from' | 'to'>,
  held: HoldRead | null,
): Promise<RequestId | null> {
  for (const resource of new Set([from, to])) {
    if (resource === null) continue;
    checkHold(known, resource, held?.resource === resource ? held.holder : await holderOf(sql, resource));
  }
  return from === to || to === null ? null : RequestId.nullable().parse(known.holderOf(to));
}
