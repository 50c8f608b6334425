/** Migrates the bot's own tables: applies each numbered file of the folder `migrations` once, in order. */
import { readdir, readFile } from 'node:fs/promises';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { RowSeals } from '../domain/record/chain.ts';
import { backfillRowSeals } from './backfill-seals.ts';
import { inTransaction, int8, type Sql, select } from './sql.ts';

const folder = new URL('./migrations/', import.meta.url);
/** Arbitrary, but the same in every replica. */
const lockKey = 7_305_802_117;

interface Migration {
  readonly number: number;
  readonly name: string;
}

async function listMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return names.map((name) => ({ number: Number.parseInt(name, 10), name }));
}

/** The migration that introduced format 2 of the audit log. */
const secondRecord = 4;

/** Why this version can't read the tables: events of format 1, or a migration that it doesn't know. */
type OtherFormat =
  | { readonly is: 'older'; readonly events: number }
  | { readonly is: 'newer'; readonly migration: number };

/**
 * The tables are of a version that this program must not misread. Hashed data can't be rewritten, and there is no downgrade. An
 * older audit log stays where it is, and a new one is started.
 */
export class UnknownFormat extends Error {
  override readonly name = 'UnknownFormat';
  readonly where: string;
  readonly format: OtherFormat;
  constructor(where: string, format: OtherFormat) {
    super(`${where} has the format of another version: ${JSON.stringify(format)}`);
    this.where = where;
    this.format = format;
  }
}

/** Throws {@link UnknownFormat} if events were stored before format 2. An empty audit log is just migrated. */
async function refuseOlder(sql: Sql, applied: readonly number[], where: string): Promise<void> {
  if (!applied.includes(1) || applied.includes(secondRecord)) return;
  const [row] = await select(sql, z.object({ events: int8 }), 'select count(*) as events from cmk.event');
  if (row !== undefined && row.events > 0) throw new UnknownFormat(where, { is: 'older', events: row.events });
}

/**
 * Applies pending migrations. Safe to run in several replicas at once: they take turns, and each migration is one
 * transaction. Throws {@link UnknownFormat}. `where`: the database's name for people. `seals`: for rows
 * from before they had seals.
 */
export async function migrate({ pool }: { readonly pool: Pool }, where: string, seals: RowSeals): Promise<void> {
  // A user without permission to change the tables can start if nothing is pending.
  if ((await pendingMigrations({ pool }, where)).length === 0) return;
  const migrations = await listMigrations();
  const applied = await inTransaction(pool, prepare);
  refuseNewer(applied, migrations, where);
  await refuseOlder(pool, applied, where);
  for (const migration of migrations) {
    if (!applied.includes(migration.number)) await inTransaction(pool, (sql) => apply(sql, migration, seals));
  }
}

/**
 * Returns the file names that {@link migrate} would apply; all of them for an empty database. Changes nothing. Throws as
 * `migrate` does.
 */
export async function pendingMigrations({ pool }: { readonly pool: Pool }, where: string): Promise<readonly string[]> {
  const migrations = await listMigrations();
  const [found] = await select(pool, z.object({ there: z.boolean() }), existence);
  const applied = found?.there === true ? await appliedIn(pool) : [];
  refuseNewer(applied, migrations, where);
  await refuseOlder(pool, applied, where);
  return migrations.filter(({ number }) => !applied.includes(number)).map(({ name }) => name);
}

const existence = "select to_regclass('cmk.migration') is not null as there";

async function appliedIn(sql: Sql): Promise<readonly number[]> {
  const rows = await select(sql, z.object({ number: z.number() }), 'select number from cmk.migration');
  return rows.map((row) => row.number);
}

function refuseNewer(applied: readonly number[], migrations: readonly Migration[], where: string): void {
  const unknown = applied.find((number) => !migrations.some((migration) => migration.number === number));
  if (unknown !== undefined) throw new UnknownFormat(where, { is: 'newer', migration: unknown });
}

async function prepare(sql: Sql): Promise<readonly number[]> {
  await takeTurn(sql);
  await sql.query('create schema if not exists cmk');
  await sql.query('create table if not exists cmk.migration (number int primary key, name text not null)');
  return appliedIn(sql);
}

/** Does nothing if another replica has applied it. */
async function apply(sql: Sql, { number, name }: Migration, seals: RowSeals): Promise<void> {
  await takeTurn(sql);
  const before = await sql.query('select 1 from cmk.migration where number = $1', [number]);
  if (before.rows.length > 0) return;
  await sql.query(await readFile(new URL(name, folder), 'utf8'));
  await backfillRowSeals(sql, seals, name);
  await sql.query('insert into cmk.migration values ($1, $2)', [number, name]);
}

const takeTurn = (sql: Sql): Promise<unknown> => sql.query('select pg_advisory_xact_lock($1)', [lockKey]);
