/** Creates and migrates the job engine's tables, and the bot's own: applies each numbered file of the folder `migrations` once, in order. */
import { readdir, readFile } from 'node:fs/promises';
import type { Pool } from 'pg';
import { z } from 'zod';
import { prepareJobs } from './jobs.ts';
import { inTransaction, type Sql, select } from './sql.ts';

const folder = new URL('./migrations/', import.meta.url);
/** Arbitrary, but the same in every replica. */
const lockKey = 7_305_802_117;

const Migration = z.object({ number: z.number(), name: z.string() });
type Migration = z.infer<typeof Migration>;

async function listMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return names.map((name) => ({ number: Number.parseInt(name, 10), name }));
}

/**
 * The tables have a migration that this program doesn't know, so it must not misread them. Hashed data can't be rewritten, and
 * there is no downgrade. `newer`: by a later version. Otherwise by a preview, before version 1.
 */
export class UnknownFormat extends Error {
  override readonly name = 'UnknownFormat';
  readonly where: string;
  readonly migration: string;
  readonly newer: boolean;
  constructor(where: string, migration: string, newer: boolean) {
    super(`${where} has migration ${migration} of ${newer ? 'a newer version' : 'a preview'}`);
    this.where = where;
    this.migration = migration;
    this.newer = newer;
  }
}

/**
 * Applies pending migrations. Safe to run in several replicas at once: they take turns, and each migration is one
 * transaction. Throws {@link UnknownFormat}. `where`: the database's name for people.
 */
export async function migrate({ pool }: { readonly pool: Pool }, where: string): Promise<void> {
  const turn = await pool.connect();
  try {
    await turn.query('select pg_advisory_lock($1)', [lockKey]);
    await prepareJobs(turn);
    // A user without permission to change the tables can start if nothing is pending.
    if ((await pendingMigrations({ pool }, where)).length === 0) return;
    await inTransaction(pool, prepare);
    for (const migration of await listMigrations()) await inTransaction(pool, (sql) => apply(sql, migration));
  } finally {
    // The lock ends with the connection.
    turn.release(true);
  }
}

/**
 * Returns the file names that {@link migrate} would apply; all of them for an empty database. Changes nothing. Throws as
 * `migrate` does.
 */
export async function pendingMigrations({ pool }: { readonly pool: Pool }, where: string): Promise<readonly string[]> {
  const migrations = await listMigrations();
  const [found] = await select(pool, z.object({ there: z.boolean() }), existence);
  const applied = found?.there === true ? await select(pool, Migration, 'select number, name from cmk.migration') : [];
  const unknown = applied.find(({ name }) => migrations.every((migration) => migration.name !== name));
  if (unknown !== undefined) throw new UnknownFormat(where, unknown.name, unknown.number > migrations.length);
  return migrations.map(({ name }) => name).filter((name) => applied.every((one) => one.name !== name));
}

const existence = "select to_regclass('cmk.migration') is not null as there";

async function prepare(sql: Sql): Promise<void> {
  await sql.query('create schema if not exists cmk');
  await sql.query('create table if not exists cmk.migration (number int primary key, name text not null)');
}

async function apply(sql: Sql, { number, name }: Migration): Promise<void> {
  const before = await sql.query('select 1 from cmk.migration where number = $1', [number]);
  if (before.rows.length > 0) return;
  await sql.query(await readFile(new URL(name, folder), 'utf8'));
  await sql.query('insert into cmk.migration values ($1, $2)', [number, name]);
}
