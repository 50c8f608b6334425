/** The port `WitnessBook` on the database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { WitnessAsked, WitnessBook } from '../domain/ports/witnesses.ts';
import { change, inTransaction, int8, type Sql, select } from './sql.ts';

const Row = z
  .object({
    key: z.string(),
    since: z.date(),
    asked_size: int8,
    asked_at: z.date(),
    outcome: z.enum(['signed', 'no-answer', 'another-history', 'refused']),
    detail: z.string(),
    signed_size: int8.nullable(),
    signed_at: z.date().nullable(),
    contradicted_at: z.date().nullable(),
    contradiction: z.string().nullable(),
    shown: z.string().nullable(),
    cleared_at: z.date().nullable(),
    cleared_by: z.string().nullable(),
    told: z.boolean(),
  })
  .transform((row) => ({
    key: row.key,
    since: row.since,
    asked: { size: row.asked_size, at: row.asked_at, outcome: row.outcome, detail: row.detail },
    signed: row.signed_at === null ? null : { size: row.signed_size ?? 0, at: row.signed_at },
    contradiction:
      row.contradicted_at === null
        ? null
        : { at: row.contradicted_at, detail: row.contradiction ?? '', note: row.shown ?? '' },
    cleared: row.cleared_at === null ? null : { at: row.cleared_at, by: row.cleared_by ?? '' },
    told: row.told,
  }));

/** The first contradiction is the one that counts; a new one has yet to be told. */
const save = `insert into cmk.witness as w
  (log, key, since, asked_size, asked_at, outcome, detail, signed_size, signed_at, contradicted_at, contradiction, shown)
  values ($1, $2, $4, $3, $4, $5, $6,
    case when $5 = 'signed' then $3::bigint end, case when $5 = 'signed' then $4::timestamptz end,
    case when $5 = 'another-history' then $4::timestamptz end, case when $5 = 'another-history' then $6 end,
    case when $5 = 'another-history' then $7 end)
  on conflict (log, key) do update set
    asked_size = excluded.asked_size, asked_at = excluded.asked_at, outcome = excluded.outcome, detail = excluded.detail,
    signed_size = coalesce(excluded.signed_size, w.signed_size), signed_at = coalesce(excluded.signed_at, w.signed_at),
    told = w.told and not (w.contradicted_at is null and excluded.contradicted_at is not null),
    contradicted_at = coalesce(w.contradicted_at, excluded.contradicted_at),
    contradiction = coalesce(w.contradiction, excluded.contradiction), shown = coalesce(w.shown, excluded.shown)`;

const keepOne = (sql: Sql, log: string, { key, size, at, outcome, detail, note }: WitnessAsked): Promise<number> =>
  change(sql, save, [log, key, size, at.toISOString(), outcome, detail, note]);

const clear = `update cmk.witness set cleared_at = $2, cleared_by = $3,
  contradicted_at = null, contradiction = null, shown = null
  where contradicted_at is not null and split_part(key, '+', 1) = $1`;

export const openWitnesses = (pool: Pool): WitnessBook => ({
  of: (log) => select(pool, Row, 'select * from cmk.witness where log = $1 order by key', [log]),
  keep: (log, asked) =>
    inTransaction(pool, async (sql) => {
      for (const one of asked) await keepOne(sql, log, one);
    }),
  told: async (log, key, told) => {
    await change(pool, 'update cmk.witness set told = $3 where log = $1 and key = $2', [log, key, told]);
  },
  clear: (name, by, at) => change(pool, clear, [name, at.toISOString(), by]),
});
