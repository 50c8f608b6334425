/** The record as an auditor gets it: lines word for word, and the texts that were not erased. */
import { z } from 'zod';
import { recordApart } from '../domain/clock-apart.ts';
import { RequestId } from '../domain/ids.ts';
import type { Appended, TrailHashes } from '../domain/ports/store.ts';
import type { ChainLine, RevealedText } from '../domain/record/chain.ts';
import { Derived } from '../domain/record/derived.ts';
import { type Refusal, refuse } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';
import type { Decision } from '../domain/request/request-command.ts';
import { type AppendTools, appendIn } from './append.ts';
import { type ChainHead, lockHead, readHead } from './chain-head.ts';
import type { Database } from './database.ts';
import type { Asked, Decide } from './draft.ts';
import { linesAfter, linesAt, linesOfRequest } from './line-rows.ts';
import { checkHolds } from './open-requests.ts';
import { bringForward } from './outbox.ts';
import { change, inTransaction, type Sql, select, selectOne } from './sql.ts';

const TextRow = z
  .object({ request_id: z.string(), revision: z.number(), field: z.string(), salt: z.string(), text: z.string() })
  .transform(({ request_id, ...row }) => ({ ...row, request: request_id }));
export interface Trail extends TrailHashes {
  head(): Promise<ChainHead>;
  /**
   * Reads the whole record, and what is derived from it, and throws `RecordBroken` at the first row that is not what the
   * product wrote.
   */
  check(): Promise<void>;
  /** At most `limit` lines behind sequence number `after`, oldest first; null: from the very first row. As they lie there. */
  lines(after: number | null, limit: number): Promise<readonly ChainLine[]>;
  /**
   * As {@link lines}, after reading on to the end, and each found sound by itself: for what is told to others as this record.
   * Throws `RecordBroken`.
   */
  soundLines(after: number, limit: number): Promise<readonly ChainLine[]>;
  /** Every line of one request, oldest first. As they lie there. */
  linesOf(id: RequestId): Promise<readonly ChainLine[]>;
  /** What is kept beside the events, all read in one statement. As it lies there. */
  derived(): Promise<Derived>;
  /** The texts of requests that were not erased. */
  textsOf(ids: readonly RequestId[]): Promise<readonly RevealedText[]>;
  /**
   * Appends the event that says so and, in the same transaction, destroys every earlier text of the request with its salt:
   * what remains in the chain can then no longer be guessed at. Nothing is erased when `decide` refuses.
   */
  erase(id: RequestId, cause: string, decide: Decide): Promise<Appended | Refusal>;
  /**
   * Where the last event is dated far ahead of a clock that is believed: appends an event to its request, dated by that clock,
   * from which the record goes on; what was due at the wrong time is due now. Refuses where nothing is dated ahead.
   */
  resume(decide: (request: Request | null, ahead: string) => Decision): Promise<Appended | Refusal>;
}

const texts = 'select request_id, revision, field, salt, text from cmk.free_text';

const all = (columns: string, from: string): string =>
  `(select coalesce(json_agg(found), '[]') from (select ${columns} from ${from}) found)`;
const orphans = `cmk.free_text t left join cmk.event e on e.request_id = t.request_id and e.revision = t.revision
  where e.seq is null`;
const derived = `select seq::float8 as seq, (select count(*) from cmk.event)::float8 as rows,
  ${all('resource, request_id as request', 'cmk.open_request')} as open,
  ${all('request_id as request, kind, key', 'cmk.outbox')} as outbox,
  ${all('t.request_id as request, t.revision, t.field', orphans)} as texts
  from cmk.chain_head where one = 1`;

async function eraseIn(sql: Sql, tools: AppendTools, asked: Asked): Promise<Appended | Refusal> {
  const { answer } = await appendIn(sql, tools, asked);
  if (answer.kind === 'refused' || answer.replay) return answer;
  const first = answer.events[0]?.revision ?? answer.request.revision + 1;
  await change(sql, 'delete from cmk.free_text where request_id = $1 and revision < $2', [asked.id, first]);
  return answer;
}

const NewestRow = z.object({ request_id: RequestId });

async function resumeIn(
  sql: Sql,
  tools: AppendTools,
  decide: Parameters<Trail['resume']>[0],
): Promise<Appended | Refusal> {
  const head = await lockHead(sql);
  const now = await tools.clock.now(sql, null);
  if (head.time === null || recordApart(head.time, now) === null) return refuse('record-not-ahead');
  const { time: ahead } = head;
  const newest = await selectOne(sql, NewestRow, 'select request_id from cmk.event where seq = $1', [head.seq]);
  if (newest === null) throw new Error(`reading the chain: there is no event ${head.seq}`);
  const from = { head: { ...head, time: null } };
  const cause = `cli:resume:${head.seq}`;
  const asked: Asked = {
    id: newest.request_id,
    cause,
    decide: (request) => decide(request, ahead),
    trace: tools.trace(),
  };
  const { answer } = await appendIn(sql, tools, asked, from);
  await bringForward(sql, now);
  return answer;
}

export function openTrail(
  { pool, forgetJournal }: Pick<Database, 'pool' | 'forgetJournal'>,
  tools: AppendTools,
  written: (after: Request) => void,
): Trail {
  return {
    head: () => readHead(pool),
    check: async () => {
      // Most of it without holding up the other replicas.
      await tools.known.catchUp(pool);
      await inTransaction(pool, async (sql) => {
        await tools.known.catchUp(sql, await lockHead(sql));
        await checkHolds(sql, tools.known);
      });
    },
    lines: (after, limit) => linesAfter(pool, after, limit),
    soundLines: async (after, limit) => {
      await tools.known.catchUp(pool);
      const lines = await linesAfter(pool, after, limit);
      for (const line of lines) tools.known.sound(line);
      return lines;
    },
    hashAt: async (seq) => {
      const [line] = await linesAt(pool, seq);
      if (line === undefined) throw new Error(`reading the chain: there is no event ${seq}`);
      tools.known.sound(line);
      return line.hash;
    },
    linesOf: (id) => linesOfRequest(pool, id),
    derived: async () => Derived.parse((await pool.query(derived)).rows[0]),
    textsOf: (ids) =>
      select(pool, TextRow, `${texts} where request_id = any($1) order by request_id, revision, field`, [ids]),
    resume: async (decide) => {
      const answer = await inTransaction(pool, (sql) => resumeIn(sql, tools, decide));
      if (answer.kind === 'accepted') written(answer.request);
      return answer;
    },
    erase: async (id, cause, decide) => {
      const asked = { id, cause, decide, trace: tools.trace() };
      const answer = await inTransaction(pool, (sql) => eraseIn(sql, tools, asked));
      if (answer.kind === 'accepted') {
        // Not to be read anywhere any more, this process's memory included.
        tools.known.kept.forget(id);
        // Deleted rows stay readable in the table's file until it is written anew, and samples of them in the statistics. A
        // form keeps what was typed until it is submitted. Done again when the call is repeated.
        await pool.query('vacuum (full, analyze) cmk.free_text, cmk.document');
        await forgetJournal();
        if (!answer.replay) written(answer.request);
      }
      return answer;
    },
  };
}
