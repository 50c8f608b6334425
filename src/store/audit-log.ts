/** The audit log for auditors: raw rows and texts that weren't erased. Also erasing, and `audit resume`. */
import { z } from 'zod';
import { auditLogSkew } from '../domain/clock-skew.ts';
import { type DriftId, RequestId, type StreamId } from '../domain/ids.ts';
import type { AppendedTo } from '../domain/ports/store.ts';
import { Derived } from '../domain/record/chain.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';
import type { Decision } from '../domain/request/request-command.ts';
import type { ResourceWatch } from '../domain/watch/resource-watch.ts';
import { type AppendTools, appendIn, lockedHead, verifyLocks } from './append.ts';
import { linesAfter, linesAt, linesOfRequest, lockHead, readHead } from './chain-rows.ts';
import type { Database } from './database.ts';
import { deleteTextsOf } from './documents.ts';
import { type AppendCommand, type Decide, driftRules, requestRules } from './pending-commit.ts';
import { makeDueNow, unfinished } from './pg-boss-tables.ts';
import { reported } from './requests.ts';
import { changedRows, inTransaction, type Sql, select, selectOne } from './sql.ts';

const text = z.string();
const TextRow = z.object({ revision: z.number(), field: text, salt: text, text, request: text });

export type AuditLog = ReturnType<typeof openAuditLog>;

const texts = 'select request_id as request, revision, field, salt, text from cmk.free_text';

const all = (columns: string, from: string): string =>
  `(select coalesce(json_agg(found), '[]') from (select ${columns} from ${from}) found)`;
const orphans = `cmk.free_text t left join cmk.event e on e.request_id = t.request_id and e.revision = t.revision
  where e.seq is null`;
const derived = `select seq::float8 as seq, (select count(*) from cmk.event)::float8 as rows,
  ${all('resource, request_id as request', 'cmk.open_request')} as open,
  ${all(unfinished.columns, unfinished.rows)} as jobs,
  ${all('t.request_id as request, t.revision, t.field', orphans)} as texts
  from cmk.chain_head where one = 1`;

/** It waits for transactions, and rewrites both tables. The driver's types lack the timeout. */
const vacuum = { text: 'vacuum (full, analyze) cmk.free_text, cmk.document', query_timeout: 3_600_000 };

async function eraseIn<S extends { readonly revision: number }, Id extends StreamId>(
  sql: Sql,
  tools: AppendTools,
  command: AppendCommand<S, Id>,
): Promise<AppendedTo<S> | Refusal> {
  const { answer } = await appendIn(sql, tools, command, await lockedHead(sql, tools));
  if (answer.kind === 'refused' || answer.replay) return answer;
  const first = answer.events[0]?.revision ?? answer.after.revision + 1;
  await changedRows(sql, 'delete from cmk.free_text where request_id = $1 and revision < $2', [command.id, first]);
  await deleteTextsOf(sql, command.id);
  return answer;
}

const NewestRow = z.object({ request_id: RequestId });
/** Drifts of agents aside: the event that sets a clock right is a request's. */
const newestOfRequest = "select request_id from cmk.event where request_id like 'CMK-%' order by seq desc limit 1";

type Resume = (request: Request | null, ahead: string) => Decision;

async function resumeIn(sql: Sql, tools: AppendTools, decide: Resume): Promise<AppendedTo<Request> | Refusal> {
  const head = await lockedHead(sql, tools);
  const { now, time: ahead } = head;
  if (ahead === null || auditLogSkew(ahead, now) === null) return refuse('record-not-ahead');
  const newest = await selectOne(sql, NewestRow, newestOfRequest, []);
  if (newest === null) throw new Error('reading the chain: there is no event of a request');
  const command: AppendCommand = {
    rules: requestRules,
    id: newest.request_id,
    cause: `cli:resume:${head.seq}`,
    decide: (request) => decide(request, ahead),
    trace: tools.trace(),
  };
  const { answer } = await appendIn(sql, tools, command, { ...head, time: null });
  await makeDueNow(sql, now);
  return answer;
}

export function openAuditLog({ pool }: Pick<Database, 'pool'>, tools: AppendTools, written: (after: Request) => void) {
  const erased = async <S extends { readonly revision: number }, Id extends StreamId>(
    command: AppendCommand<S, Id>,
  ) => {
    const answer = await inTransaction(pool, (sql) => eraseIn(sql, tools, command));
    if (answer.kind === 'refused') return answer;
    // Deleted rows stay readable in the table's file until it's rewritten, and samples in the statistics. Forms and
    // sign-ins contain typed texts. Runs again if the call is repeated.
    await pool.query(vacuum);
    return answer;
  };
  return {
    head: () => readHead(pool),
    /** Verifies the whole audit log and its derived tables. Throws `RecordBroken` at the first row that the bot didn't write. */
    check: async () => {
      // Reads most rows without the lock, so that other replicas needn't wait.
      await tools.monitor.catchUp(pool);
      await inTransaction(pool, async (sql) => {
        await tools.monitor.catchUp(sql, await lockHead(sql));
        await verifyLocks(sql, tools.monitor);
      });
    },
    /** Returns at most `limit` rows after sequence number `after`, oldest first. Null: from the first row. Not verified. */
    lines: (after: number | null, limit: number) => linesAfter(pool, after, limit),
    /** The same, each verified, after catching up with the end of the chain: for publishing. Throws `RecordBroken`. */
    soundLines: async (after: number, limit: number) => {
      await tools.monitor.catchUp(pool);
      const lines = await linesAfter(pool, after, limit);
      for (const line of lines) tools.monitor.sound(line);
      return lines;
    },
    hashAt: async (seq: number) => {
      const [line] = await linesAt(pool, seq);
      if (line === undefined) throw new Error(`reading the chain: there is no event ${seq}`);
      tools.monitor.sound(line);
      return line.hash;
    },
    /** Returns every row of one request, oldest first. Not verified. */
    linesOf: (id: RequestId) => linesOfRequest(pool, id),
    /** Returns the tables derived from events, read in one statement. Not verified. */
    derived: async () => Derived.parse((await pool.query(derived)).rows[0]),
    textsOf: (ids: readonly RequestId[]) =>
      select(pool, TextRow, `${texts} where request_id = any($1) order by request_id, revision, field`, [ids]),
    /**
     * Resumes the audit log if its last event is dated far in the future. Appends an event with the database's time to that
     * event's request, and makes jobs due that the wrong clock had dated ahead. Else refuses.
     */
    resume: async (decide: Resume) =>
      reported(await inTransaction(pool, (sql) => resumeIn(sql, tools, decide)), written),
    /**
     * Appends an erasure event. In the same transaction, it deletes every earlier text of the request with its salt, so that
     * the commitments in the chain can't be guessed any more, and the forms and sign-ins that hold copies. Erases nothing if `decide` refuses.
     */
    erase: async (id: RequestId, cause: string, decide: Decide) =>
      reported(await erased({ rules: requestRules, id, cause, decide, trace: tools.trace() }), written),
    /** The same for an agent's drifts. */
    eraseDrift: (id: DriftId, cause: string, decide: Decide<ResourceWatch>) =>
      erased({ rules: driftRules, id, cause, decide, trace: tools.trace() }),
  };
}
