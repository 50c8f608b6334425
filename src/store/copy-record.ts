/**
 * Copies everything that is kept into an empty database, row for row, in one transaction there. The workflow engine's tables
 * are left behind: what a run that is not under way needs stands in the record.
 */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Link } from '../domain/record/chain.ts';
import { type ChainHead, lockHead } from './chain-head.ts';
import { inTransaction, int8, type Sql, select } from './sql.ts';

/** The target is another's, or was begun to be used. */
export interface TargetUsed {
  readonly kind: 'target-used';
  readonly table: string;
}

export interface Copied {
  readonly kind: 'copied';
  readonly rows: number;
  readonly head: Link;
}

export interface CopyOptions {
  readonly from: Pool;
  /** Of the user that owns the tables there. Has been migrated by this program, as `from` has. */
  readonly to: Pool;
  /** All of it is there and compared, and nobody else sees it yet. What throws here takes everything back. */
  readonly beforeCommit: (head: Link) => Promise<void>;
}

/** Not copied: the migrations are the target's own, the head moves with the events, and who lives there is not who lived here. */
const ownTables = ['migration', 'chain_head', 'replica'];

const tablesText = `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'cmk' and c.relkind = 'r' and c.relname <> all($1) order by c.relname`;
const tablesOf = async (sql: Sql): Promise<readonly string[]> =>
  (await select(sql, z.object({ name: z.string() }), tablesText, [ownTables])).map(({ name }) => name);

const pageSize = 500;
const Page = z.object({ row: z.string() });

/** Every row as JSON text. In the order of the chain, and else in any order that both databases have. */
async function* rowsOf(sql: Sql, table: string): AsyncGenerator<readonly string[]> {
  const order = table === 'event' ? 't.seq' : 'row_to_json(t)::text collate "C"';
  await sql.query(
    `declare copied cursor for select row_to_json(t)::text as row from cmk."${table}" t order by ${order}`,
  );
  for (;;) {
    const page = await select(sql, Page, `fetch ${pageSize} from copied`);
    if (page.length === 0) break;
    yield page.map(({ row }) => row);
  }
  await sql.query('close copied');
}

/** What was read of a table, to be compared. */
interface Content {
  readonly rows: number;
  readonly sha256: string;
}

async function read(sql: Sql, table: string, each: (page: readonly string[]) => Promise<void>): Promise<Content> {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const page of rowsOf(sql, table)) {
    for (const row of page) hash.update(row).update('\n');
    rows += page.length;
    await each(page);
  }
  return { rows, sha256: hash.digest('hex') };
}

/** Through the guards of the target: each event has to follow on the one before, and moves the head itself. */
async function copyTable(from: Sql, to: Sql, table: string): Promise<number> {
  const insert = `insert into cmk."${table}" select * from json_populate_recordset(null::cmk."${table}", $1::json)`;
  const there = await read(from, table, async (page) => {
    await to.query(insert, [`[${page.join(',')}]`]);
  });
  const arrived = await read(to, table, async () => undefined);
  if (arrived.sha256 !== there.sha256) throw new Error(`copying cmk.${table}: it does not arrive as it was`);
  return there.rows;
}

const Sequence = z.object({ name: z.string(), last: z.string().nullable() });

/** A number given out once must not be given out again. */
async function copySequences(from: Sql, to: Sql): Promise<void> {
  const text = `select sequencename as name, last_value::text as last from pg_sequences where schemaname = 'cmk'`;
  for (const { name, last } of await select(from, Sequence, text)) {
    if (last !== null) await to.query('select setval($1::regclass, $2::bigint)', [`cmk.${name}`, last]);
  }
}

/** Somebody who was alive a minute ago may be still. */
const alive = `select count(*) as rows from cmk.replica where seen > now() - interval '1 minute'`;
const Count = z.object({ rows: int8 });

async function firstUsed(to: Sql, head: ChainHead, tables: readonly string[]): Promise<string | null> {
  if (head.seq > 0) return 'event';
  for (const table of ['replica', ...tables]) {
    const text = table === 'replica' ? alive : `select count(*) as rows from cmk."${table}"`;
    const [found] = await select(to, Count, text);
    if (found !== undefined && found.rows > 0) return table;
  }
  return null;
}

/** Times are compared as text. */
const inUtc = (sql: Sql): Promise<unknown> => sql.query(`set local timezone to 'UTC'`);

async function copyInto(from: Sql, to: Sql, options: CopyOptions): Promise<Copied | TargetUsed> {
  await inUtc(from);
  await inUtc(to);
  const tables = await tablesOf(from);
  const used = await firstUsed(to, await lockHead(to), tables);
  if (used !== null) return { kind: 'target-used', table: used };
  const head = await lockHead(from);
  let rows = 0;
  for (const table of tables) rows += await copyTable(from, to, table);
  await copySequences(from, to);
  const arrived = await lockHead(to);
  if (arrived.seq !== head.seq || arrived.hash !== head.hash || arrived.time !== head.time) {
    throw new Error(`copying the record: it ends at ${head.seq}, and arrived at ${arrived.seq}`);
  }
  const { seq, hash } = head;
  await options.beforeCommit({ seq, hash });
  return { kind: 'copied', rows, head: { seq, hash } };
}

/** Changes nothing where it copies from. Throws, and has changed nothing in the target either, where anything arrives otherwise. */
export const copyRecord = (options: CopyOptions): Promise<Copied | TargetUsed> =>
  inTransaction(options.from, (from) => inTransaction(options.to, (to) => copyInto(from, to, options)));

/** Whether the database holds the record up to there. */
export async function holdsRecord(pool: Pool, { seq, hash }: Link): Promise<boolean> {
  const text = 'select count(*) as rows from cmk.event where seq = $1 and hash = $2';
  const [found] = await select(pool, Count, text, [seq, hash]);
  return found !== undefined && found.rows === 1;
}
