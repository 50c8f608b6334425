/** At most one active request per resource. The table changes only in the transaction of the events that it's derived from. */
import { z } from 'zod';
import { RequestId } from '../domain/ids.ts';
import type { ChainMonitor } from './chain-monitor.ts';
import type { LockRow } from './event-rows.ts';
import type { PendingCommit } from './pending-commit.ts';
import { type Sql, select, selectOne } from './sql.ts';

const Row = z.object({ request_id: RequestId });

async function holderOf(sql: Sql, resource: string): Promise<RequestId | null> {
  const row = await selectOne(sql, Row, 'select request_id from cmk.open_request where resource = $1', [resource]);
  return row?.request_id ?? null;
}

const All = z.object({ resource: z.string(), request_id: z.string() });

/** Verifies the whole table against the events. Needs the head's lock, and the chain read up to it. Throws `RecordBroken`. */
export async function verifyLocks(sql: Sql, monitor: ChainMonitor): Promise<void> {
  const rows = await select(sql, All, 'select resource, request_id from cmk.open_request');
  const found = new Map(rows.map((row) => [row.resource, row.request_id]));
  for (const resource of new Set([...found.keys(), ...monitor.index.holders.keys()])) {
    verifyLock(monitor, resource, found.get(resource) ?? null);
  }
}

function verifyLock(monitor: ChainMonitor, resource: string, found: string | null): void {
  const expected = monitor.index.holderOf(resource);
  if (expected === found) return;
  const detail = `${resource}: expected ${expected ?? 'no request'}, found ${found ?? 'none'}`;
  monitor.broken({ request: found ?? expected ?? '' }, 'open-request-differs', detail);
}

/**
 * Returns the active request that has the resource that this commit needs. Null: it's free. Verifies the rows that it uses,
 * as {@link verifyLocks} does. `read`: such a row, if the caller has already read it.
 */
export async function conflictingRequest(
  sql: Sql,
  monitor: ChainMonitor,
  { from, to }: Pick<PendingCommit, 'from' | 'to'>,
  read: LockRow | null,
): Promise<RequestId | null> {
  for (const resource of new Set([from, to])) {
    if (resource === null) continue;
    verifyLock(monitor, resource, read?.resource === resource ? read.holder : await holderOf(sql, resource));
  }
  return from === to || to === null ? null : RequestId.nullable().parse(monitor.index.holderOf(to));
}
