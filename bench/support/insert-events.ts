/** Events put straight into their tables, for records that would take too long to decide. */
import type { Placed } from '../../src/store/event-rows.ts';
import { change, type Sql } from '../../src/store/sql.ts';

/** `($1, $2), ($3, $4)`, for an insert of several rows; `before`: how many parameters the statement has already. */
export const placeholders = (rows: number, columns: number, before = 0): string =>
  Array.from({ length: rows }, (_row, row) => {
    const numbers = Array.from({ length: columns }, (_column, column) => `$${before + row * columns + column + 1}`);
    return `(${numbers.join(', ')})`;
  }).join(', ');

const eventColumns = 'seq, request_id, revision, cause, n, body, prev, hash, seal_key, seal';

/** Stores the events and the texts they commit to. The head of the chain moves along. */
export async function insertEvents(sql: Sql, placed: readonly Placed[]): Promise<void> {
  const events = placed.flatMap(({ position: { seq, request, revision, cause, n, prev }, sealed }) => [
    ...[seq, request, revision, cause, n, sealed.body, prev, sealed.hash, sealed.sealKey, sealed.seal],
  ]);
  const texts = placed.flatMap(({ position: { request, revision }, sealed }) =>
    sealed.openings.map(({ field, salt, text }) => [request, revision, field, salt, text]),
  );
  await change(sql, `insert into cmk.event (${eventColumns}) values ${placeholders(placed.length, 10)}`, events);
  if (texts.length === 0) return;
  await change(sql, `insert into cmk.free_text values ${placeholders(texts.length, 5)}`, texts.flat());
}
