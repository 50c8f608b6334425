/** A table without any rule, for the rows that an event comes to. */
import type { Pool } from 'pg';
import type { Placed } from '../../src/store/event-rows.ts';
import { placeholders } from './insert-events.ts';

/** Whoever inserts numbers the rows: none is refused because it was there before. */
export const plainTable = `create schema plain; create table plain.event (row bigserial primary key, seq bigint, request_id text,
  revision int, cause text, n int, body text, prev text, hash text, seal_key text, seal text)`;

const columns = 'seq, request_id, revision, cause, n, body, prev, hash, seal_key, seal';

/** One committed INSERT. */
export async function plainInsert(pool: Pool, placed: readonly Placed[]): Promise<void> {
  const values = placed.flatMap(({ position: { seq, request, revision, cause, n, prev }, sealed }) => [
    ...[seq, request, revision, cause, n, sealed.body, prev, sealed.hash, sealed.sealKey, sealed.seal],
  ]);
  await pool.query(`insert into plain.event (${columns}) values ${placeholders(placed.length, 10)}`, values);
}
