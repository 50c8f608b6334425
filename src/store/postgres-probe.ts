/** Queries facts about a PostgreSQL server, for doctor and start. Changes nothing. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { z } from 'zod';
import { writeRejectionIn } from '../domain/database-errors.ts';
import type { WriteRejection } from '../domain/write-health.ts';
import { inTransaction, type Sql, selectOne } from './sql.ts';

const Facts = z.object({
  number: z.coerce.number(),
  ssl: z.boolean().nullable(),
  version: z.string().nullable(),
  cipher: z.string().nullable(),
});

const factsQuery = `select current_setting('server_version_num') as number, ssl, version, cipher
  from (select 1) as one left join pg_stat_ssl on pid = pg_backend_pid()`;

/** `tls`: such as `TLSv1.3, TLS_AES_256_GCM_SHA384`; null without TLS. */
export async function connectionFacts(sql: Sql) {
  const facts = await selectOne(sql, Facts, factsQuery);
  if (facts === null) throw new Error('asking the database for its version: it did not say');
  const { number, ssl, version, cipher } = facts;
  return { major: Math.floor(number / 10_000), tls: ssl === true ? `${version}, ${cipher}` : null };
}

export async function databaseName(sql: Sql): Promise<string> {
  const row = await selectOne(sql, z.object({ name: z.string() }), 'select quote_ident(current_database()) as name');
  return row?.name ?? '';
}

const Identity = z.object({ name: z.string(), oid: z.string(), started: z.string() });
type DatabaseIdentity = z.infer<typeof Identity>;

const identityQuery = `select current_database() as name, pg_postmaster_start_time()::text as started,
  (select oid::text from pg_database where datname = current_database()) as oid`;

export async function databaseIdentity(sql: Sql): Promise<DatabaseIdentity> {
  const found = await selectOne(sql, Identity, identityQuery);
  if (found === null) throw new Error('asking the database for its name: no answer');
  return found;
}

/** Returns whether two connections use the same database, whatever their addresses, also through a pooler. */
export const isSameDatabase = (one: DatabaseIdentity, other: DatabaseIdentity): boolean =>
  one.oid === other.oid && one.started === other.started;

/** In bytes before base64. More than the free space of a page, so that a full disk is detected. */
const probeSize = 48_000;
const insert =
  "insert into cmk.document (key, value, changed_at, seal_key, seal) values ($1, $2, clock_timestamp(), '', '')";

/** Inserts a row and rolls back. Returns why the database rejects it; null if it doesn't. Throws if it can't be reached. */
export async function tryWrite(pool: Pool): Promise<WriteRejection | null> {
  const rollback = new Error('rolls back');
  try {
    return await inTransaction(pool, async (sql) => {
      await sql.query(insert, [`write-check/${randomUUID()}`, randomBytes(probeSize).toString('base64')]);
      throw rollback;
    });
  } catch (error) {
    const why = error === rollback ? null : writeRejectionIn(error);
    if (why === null && error !== rollback) throw error;
    return why;
  }
}
