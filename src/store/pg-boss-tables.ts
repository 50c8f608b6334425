/**
 * All SQL on the private tables of pg-boss, which has no function for these. Besides, `cmk.add_jobs` in the migrations inserts
 * jobs. Both rely on {@link known}: test/contract/pg-boss-tables compares it with what the installed version creates.
 */
import { z } from 'zod';
import { changedRows, type Sql, select, selectOne } from './sql.ts';

/** What the statements rely on, as PostgreSQL names it. */
export const known = {
  /** The version of pg-boss's schema. After an upgrade: read its migrations, check each statement, then change this. */
  schemaVersion: 46,
  columns: {
    id: 'uuid',
    name: 'text',
    state: 'pgboss.job_state',
    data: 'jsonb',
    priority: 'integer',
    policy: 'text',
    singleton_key: 'text',
    retry_count: 'integer',
    retry_limit: 'integer',
    retry_delay: 'integer',
    retry_backoff: 'boolean',
    start_after: 'timestamp with time zone',
    keep_until: 'timestamp with time zone',
    heartbeat_on: 'timestamp with time zone',
    heartbeat_seconds: 'integer',
    expire_seconds: 'integer',
    blocked: 'boolean',
  },
  /** In their order, by which the statements compare them. */
  states: ['created', 'retry', 'active', 'completed', 'cancelled', 'failed'],
} as const;

export const queue = 'work';
const table = 'pgboss.job_common';
const claimed = (name: string): string =>
  `${name}.name = '${queue}' and ${name}.state = 'active' and (${name}.id::text, ${name}.retry_count)`;

const remove = `with gone as (delete from ${table} j
    where ${claimed('j')} in (select * from unnest($1::text[], $2::int[])) returning j.id, j.singleton_key)
  select gone.id, exists (select from ${table} again where again.name = '${queue}' and again.state < 'active'
    and again.singleton_key = gone.singleton_key) as again from gone`;
const Removed = z.object({ id: z.string(), again: z.boolean() });

interface Claim {
  readonly id: string;
  readonly retryCount: number;
}

/** Deletes finished jobs. Tells whether the same was added again since the claim. */
export const removeClaimed = (sql: Sql, jobs: readonly Claim[]) =>
  select(sql, Removed, remove, [jobs.map(({ id }) => id), jobs.map(({ retryCount }) => retryCount)]);

const add = 'cmk.add_jobs($1, $2, $3, $4, $5, $6, $7)';
const release = `with gone as (delete from ${table} j where ${claimed('j')} = ($8, $9::int) returning j.id)
  select ${add} from gone`;

/** Arguments of `cmk.add_jobs`. */
type Columns = readonly (readonly unknown[])[];

/** Deletes a claimed job, and adds its successor. */
export const replaceClaimed = (sql: Sql, { id, retryCount }: Claim, successor: Columns) =>
  changedRows(sql, release, [...successor, id, retryCount]);

const request = `select ${add} where not exists (select from ${table} j where j.name = '${queue}' and j.state < 'active'
  and j.singleton_key = ($2::text[])[1] || '/' || ($1::text[])[1] || '/' || ($3::text[])[1])`;

/** Adds a job. One that waits already keeps its due time, also after failed attempts. */
export const addUnlessWaiting = (sql: Sql, job: Columns) => changedRows(sql, request, [...job]);

/** So that an index serves it, without what is due later. A failed job waits ten minutes at most. */
const live = `from ${table} where name = '${queue}' and not blocked and state`;
const oldest = `select min(start_after) as due ${live} in ('created', 'retry') and start_after <= $1`;
const most = `select coalesce(max((data->>'attempts')::int), 0) as attempts ${live} in ('created', 'retry', 'active')
  and start_after < now() + interval '1 hour' and jsonb_typeof(data->'attempts') = 'number'`;

/** The due time of the job that has waited longest at that time; null: none is due. */
export async function oldestDue(sql: Sql, now: Date): Promise<Date | null> {
  return (await selectOne(sql, z.object({ due: z.date().nullable() }), oldest, [now.toISOString()]))?.due ?? null;
}

/** The highest number of failed attempts among the jobs that are due within an hour. */
export async function mostAttempts(sql: Sql): Promise<number> {
  return (await selectOne(sql, z.object({ attempts: z.number() }), most))?.attempts ?? 0;
}

const cards = `select bool_or(state = 'active' or start_after <= clock_timestamp()) as now from ${table}
  where name = '${queue}' and state <= 'active' and data->>'id' = $1 and data->>'kind' in ('show', 'alert')`;

/** Whether a card of a stream is to be updated, now or later; null: no. */
export async function cardsDue(sql: Sql, stream: string): Promise<'now' | 'later' | null> {
  const now = (await selectOne(sql, z.object({ now: z.boolean().nullable() }), cards, [stream]))?.now ?? null;
  return now === null ? null : now ? 'now' : 'later';
}

const posts = "'show', 'audit', 'call', 'alert'";
const dueNow = (kinds: string): string => `update ${table} set start_after = $1
  where name = '${queue}' and state < 'active' and start_after > $1 and data->>'kind' in (${kinds})`;

/** Makes posts to Teams due now. */
export const makePostsDue = (sql: Sql, now: Date) => changedRows(sql, dueNow(posts), [now.toISOString()]);

/** After a wrong clock was corrected: makes jobs due now that it had dated ahead. Expiries and reminders keep their time. */
export async function makeDueNow(sql: Sql, now: Date): Promise<void> {
  const at = [now.toISOString()];
  await changedRows(sql, dueNow(`${posts}, 'run', 'retry', 'use', 'webhook'`), at);
  await changedRows(sql, `update ${table} set heartbeat_on = $1 where name = '${queue}' and heartbeat_on > $1`, at);
}

/** Columns of the jobs that wait or run, and the rows: for a query of the audit log. */
export const unfinished = {
  columns: "data->>'id' as request, data->>'kind' as kind, data->>'key' as key",
  rows: `${table} where name = '${queue}' and state <= 'active'`,
} as const;

/** Whether the tables exist. */
export async function hasTables(sql: Sql): Promise<boolean> {
  const text = "select to_regclass('pgboss.job') is not null as there";
  return (await selectOne(sql, z.object({ there: z.boolean() }), text))?.there === true;
}

/** Statements that give a role what jobs need. The tables' owner migrates them. `to`: the role, quoted. */
export const grantsTo = (to: string): readonly string[] => [
  `revoke all on all tables in schema pgboss from ${to}`,
  `grant usage on schema pgboss to ${to}`,
  `grant execute on all functions in schema pgboss to ${to}`,
  `grant select, insert, update, delete on all tables in schema pgboss to ${to}`,
  `revoke insert, update, delete on pgboss.version from ${to}`,
];
