/** Seals events and rows from before seals existed, once. */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Link, RowSeals, Seals } from '../domain/record/chain.ts';
import { ChainMonitor, type ChainMonitorOptions } from './chain-monitor.ts';
import { linesAfter, lockHead } from './chain-rows.ts';
import { changedRows, inTransaction, int8, type Sql, select, selectOne } from './sql.ts';
import { sealWitnesses } from './witnesses.ts';

/**
 * Why unsealed events can be trusted. Either the key was created for them in this very start, so none of them can ever have
 * been sealed. Or an operator names the last event. Null: they can't be.
 */
export type SealTrust = 'new-key' | Link | null;

/** The audit log has no seals, and no operator has confirmed it. */
export class NotTrusted extends Error {
  override readonly name = 'NotTrusted';
  readonly head: Link;
  constructor({ seq, hash }: Link) {
    super(`the ${seq} events up to ${hash} have no seal, and no setting confirms them`);
    this.head = { seq, hash };
  }
}

const Counts = z.object({ rows: int8, unsealed: int8, naming: int8 });
const counts = `select count(*) as rows, count(*) filter (where seal is null and seal_key is null) as unsealed,
  count(*) filter (where body like '%"sealKey":%') as naming from cmk.event`;

const pageSize = 500;

async function sealAllEvents(sql: Sql, seals: Seals): Promise<void> {
  const text = `update cmk.event e set seal_key = $1, seal = made.seal
    from json_to_recordset($2::json) as made (seq bigint, seal text) where e.seq = made.seq`;
  for (let after: number | null = null; ; ) {
    const page = await linesAfter(sql, after, pageSize);
    const made = page.map(({ seq, body }) => ({ seq, seal: seals.sealAfterwards(body) }));
    if (made.length > 0) await changedRows(sql, text, [seals.keyId, JSON.stringify(made)]);
    after = page.at(-1)?.seq ?? null;
    if (page.length < pageSize) return;
  }
}

const isEnd = (trust: Link, head: Link): boolean => trust.seq === head.seq && trust.hash === head.hash;

/**
 * Seals all events. Returns the last one, or null if there was nothing to do. Does nothing if any event has a seal or names
 * a seal key: then an event without one is broken. Throws {@link NotTrusted}, and `RecordBroken` if the events aren't one
 * chain.
 */
export function backfillEventSeals(
  pool: Pool,
  seals: Seals,
  trust: SealTrust,
  unsealed: ChainMonitorOptions,
): Promise<Link | null> {
  return inTransaction(pool, async (sql) => {
    const head = await lockHead(sql);
    const found = await selectOne(sql, Counts, counts);
    if (found === null || found.rows === 0 || found.unsealed !== found.rows || found.naming > 0) return null;
    if (trust === null || (trust !== 'new-key' && !isEnd(trust, head))) throw new NotTrusted(head);
    await new ChainMonitor(unsealed).catchUp(sql, head);
    await sealAllEvents(sql, seals);
    return { seq: head.seq, hash: head.hash };
  });
}

/** The migrations that added columns for seals. */
const [ofRows, ofWitnesses] = ['0019-sealed-rows.sql', '0020-sealed-witnesses.sql'];

interface SealedTable {
  readonly table: string;
  /** The column of the seal. */
  readonly seal: string;
  /** The label and the columns that the seal covers, in the order of the ports. */
  readonly what: string;
  readonly keys: readonly string[];
  readonly others: readonly string[];
}

const sealedTables: readonly SealedTable[] = [
  {
    ...{ table: 'cmk.conversation', seal: 'seal', what: 'conversation' },
    ...{ keys: ['conversation_id'], others: ['service_url', 'tenant_id', 'person_id'] },
  },
  { table: 'cmk.person', seal: 'seal', what: 'person', keys: ['id'], others: ['member_id', 'name'] },
  { table: 'cmk.person', seal: 'address_seal', what: 'person address', keys: ['id'], others: ['address'] },
  {
    ...{ table: 'cmk.shown', seal: 'seal', what: 'shown' },
    ...{ keys: ['request_id', 'audience'], others: ['conversation_id', 'activity_id', 'fingerprint'] },
  },
];

const Row = z.object({ values: z.array(z.string().nullable()) });
const batchSize = 1_000;

async function sealTable(sql: Sql, seals: RowSeals, { table, seal, what, keys, others }: SealedTable): Promise<void> {
  const read = `select array[${[...keys, ...others].join(', ')}]::text[] as values from ${table}
    where ${seal} is null and ${others[0]} is not null limit ${batchSize}`;
  const names = keys.map((_, n) => `k${n}`);
  const write = `update ${table} t set ${seal} = s.seal
    from unnest(${[...keys, seal].map((_, n) => `$${n + 1}::text[]`).join(', ')}) s (${[...names, 'seal'].join(', ')})
    where ${keys.map((key, n) => `t.${key} = s.k${n}`).join(' and ')}`;
  for (;;) {
    const rows = (await select(sql, Row, read)).map(({ values }) => values);
    if (rows.length === 0) return;
    const columns = keys.map((_, n) => rows.map((values) => values[n] ?? null));
    await changedRows(sql, write, [...columns, rows.map((values) => seals.seal(what, values))]);
  }
}

/**
 * Seals rows as they are, because their author can't be verified any more. Runs in the transaction of the migration that adds
 * their column: a start that ends in between leaves neither. Rows without a seal that appear later are never sealed.
 */
export async function backfillRowSeals(sql: Sql, seals: RowSeals, migration: string): Promise<void> {
  if (migration === ofRows) for (const one of sealedTables) await sealTable(sql, seals, one);
  if (migration === ofWitnesses) await sealWitnesses(sql, seals);
}
