/** The port `WitnessBook` on the database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { WitnessBook, WitnessResponse } from '../domain/ports/published-log.ts';
import type { RowSeals, SealedValues } from '../domain/record/seals.ts';
import { changedRows, inTransaction, int8, type Sql, select } from './sql.ts';

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
    told: row.told,
  }));

/** The first contradiction counts. People haven't been notified of a new one yet. */
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
    contradiction = coalesce(w.contradiction, excluded.contradiction), shown = coalesce(w.shown, excluded.shown)
  returning *`;

/** A raw row. It's parsed only after its seal was verified. */
const Raw = z.record(z.string(), z.unknown());
type Raw = z.infer<typeof Raw>;

export const witnessColumns = [
  'log',
  'key',
  'since',
  'asked_size',
  'asked_at',
  'outcome',
  'detail',
  'signed_size',
  'signed_at',
  'contradicted_at',
  'contradiction',
  'shown',
  'cleared_at',
  'cleared_by',
  'told',
];

export function asText(value: unknown): string | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no time' : value.toISOString();
  return value === null || value === undefined ? null : String(value);
}

const valuesOf = (row: Raw): SealedValues => witnessColumns.map((column) => asText(row[column]));

const ofOne = 'select * from cmk.witness where log = $1 and key = $2 for update';
const contradicting = `select * from cmk.witness where contradicted_at is not null and split_part(key, '+', 1) = $1
  for update`;
const clear = `update cmk.witness set cleared_at = $3, cleared_by = $4,
  contradicted_at = null, contradiction = null, shown = null where log = $1 and key = $2 returning *`;
const setTold = 'update cmk.witness set told = $3 where log = $1 and key = $2 returning *';

/** A row without a valid seal counts as absent, and the witness's next response replaces it. */
export function openWitnesses(pool: Pool, seals: RowSeals): WitnessBook {
  const isSound = (row: Raw): boolean => seals.isGood('witness', valuesOf(row), asText(row.seal));

  /** Runs a statement that returns the row as it is then, and seals that. */
  async function write(sql: Sql, statement: string, values: unknown[]): Promise<void> {
    for (const row of await select(sql, Raw, statement, values))
      await changedRows(sql, 'update cmk.witness set seal = $3 where log = $1 and key = $2', [
        row.log,
        row.key,
        seals.seal('witness', valuesOf(row)),
      ]);
  }

  async function keepOne(sql: Sql, log: string, asked: WitnessResponse): Promise<void> {
    const { key, size, at, outcome, detail, note } = asked;
    const [there] = await select(sql, Raw, ofOne, [log, key]);
    if (there !== undefined && !isSound(there))
      await changedRows(sql, 'delete from cmk.witness where log = $1 and key = $2', [log, key]);
    await write(sql, save, [log, key, size, at.toISOString(), outcome, detail, note]);
  }

  return {
    async of(log) {
      const rows = await select(pool, Raw, 'select * from cmk.witness where log = $1 order by key', [log]);
      return rows.filter(isSound).map((row) => Row.parse(row));
    },
    keep: (log, asked) =>
      inTransaction(pool, async (sql) => {
        for (const one of asked) await keepOne(sql, log, one);
      }),
    told: (log, key, told) =>
      inTransaction(pool, async (sql) => {
        const rows = await select(sql, Raw, ofOne, [log, key]);
        if (rows.some(isSound)) await write(sql, setTold, [log, key, told]);
      }),
    clear: (name, by, at) =>
      inTransaction(pool, async (sql) => {
        const rows = (await select(sql, Raw, contradicting, [name])).filter(isSound);
        for (const { log, key } of rows) await write(sql, clear, [log, key, at.toISOString(), by]);
        return rows.length;
      }),
  };
}
