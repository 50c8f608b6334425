/** Seals what was written before there were seals: once, and only where somebody can say that it is to be trusted. */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Link } from '../domain/record/chain.ts';
import type { Seals } from '../domain/record/seals.ts';
import { lockHead } from './chain-head.ts';
import { KnownRecord, type KnownRecordOptions } from './known-record.ts';
import { linesAfter } from './line-rows.ts';
import { change, inTransaction, int8, type Sql, selectOne } from './sql.ts';

/**
 * Why what is there may be trusted: the key was made for it in this very start, so nothing of it can ever have been sealed;
 * or an operator names its end. Null: there is no reason.
 */
export type Trust = 'new-key' | Link | null;

/** The record was written before there were seals, and nobody says that it is the one to go on with. */
export class NotTrusted extends Error {
  override readonly name = 'NotTrusted';
  readonly head: Link;
  constructor({ seq, hash }: Link) {
    super(`the ${seq} events up to ${hash} carry no seal, and nobody has said that they are to be trusted`);
    this.head = { seq, hash };
  }
}

const Counts = z.object({ rows: int8, unsealed: int8, naming: int8 });
const counts = `select count(*) as rows, count(*) filter (where seal is null and seal_key is null) as unsealed,
  count(*) filter (where body like '%"sealKey":%') as naming from cmk.event`;

const pageSize = 500;

async function sealAll(sql: Sql, seals: Seals): Promise<void> {
  const text = `update cmk.event e set seal_key = $1, seal = made.seal
    from json_to_recordset($2::json) as made (seq bigint, seal text) where e.seq = made.seq`;
  for (let after: number | null = null; ; ) {
    const page = await linesAfter(sql, after, pageSize);
    const made = page.map(({ seq, body }) => ({ seq, seal: seals.sealAfterwards(body) }));
    if (made.length > 0) await change(sql, text, [seals.keyId, JSON.stringify(made)]);
    after = page.at(-1)?.seq ?? null;
    if (page.length < pageSize) return;
  }
}

const isEnd = (trust: Link, head: Link): boolean => trust.seq === head.seq && trust.hash === head.hash;

/**
 * Returns the end of what was sealed now; null where there was nothing to do. A record of which any event carries or names
 * a seal is never adopted: what carries none there is broken. Throws {@link NotTrusted}, and `RecordBroken` where what is to be
 * adopted does not even hang together.
 */
export function adoptUnsealed(
  pool: Pool,
  seals: Seals,
  trust: Trust,
  unsealed: KnownRecordOptions,
): Promise<Link | null> {
  return inTransaction(pool, async (sql) => {
    const head = await lockHead(sql);
    const found = await selectOne(sql, Counts, counts);
    if (found === null || found.rows === 0 || found.unsealed !== found.rows || found.naming > 0) return null;
    if (trust === null || (trust !== 'new-key' && !isEnd(trust, head))) throw new NotTrusted(head);
    await new KnownRecord(unsealed).catchUp(sql, head);
    await sealAll(sql, seals);
    return { seq: head.seq, hash: head.hash };
  });
}
