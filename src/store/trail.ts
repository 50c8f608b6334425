/** The record as an auditor gets it: lines word for word, and the texts that were not erased. */
import { z } from 'zod';
import type { RequestId } from '../domain/ids.ts';
import type { Appended, TrailHashes } from '../domain/ports/store.ts';
import type { ChainLine, RevealedText } from '../domain/record/chain.ts';
import type { Refusal } from '../domain/request/refusal.ts';
import { type AppendTools, appendIn, type Decide } from './append.ts';
import { type ChainHead, readHead } from './chain-head.ts';
import type { Database } from './database.ts';
import { change, inTransaction, int8, type Sql, select } from './sql.ts';

const LineRow = z
  .object({
    seq: int8,
    request_id: z.string(),
    revision: z.number(),
    cause: z.string(),
    n: z.number(),
    body: z.string(),
    prev: z.string(),
    hash: z.string(),
  })
  .transform(({ request_id, ...row }) => ({ ...row, request: request_id }));
const TextRow = z
  .object({ request_id: z.string(), revision: z.number(), field: z.string(), salt: z.string(), text: z.string() })
  .transform(({ request_id, ...row }) => ({ ...row, request: request_id }));
export interface Trail extends TrailHashes {
  head(): Promise<ChainHead>;
  /** At most `limit` lines behind sequence number `after`, oldest first. */
  lines(after: number, limit: number): Promise<readonly ChainLine[]>;
  /** Every line of one request, oldest first. */
  linesOf(id: RequestId): Promise<readonly ChainLine[]>;
  /** The texts of one request that were not erased. */
  textsOf(id: RequestId): Promise<readonly RevealedText[]>;
  /**
   * Appends the event that says so and, in the same transaction, destroys every earlier text of the request with its salt:
   * what remains in the chain can then no longer be guessed at. Nothing is erased when `decide` refuses.
   */
  erase(id: RequestId, cause: string, decide: Decide): Promise<Appended | Refusal>;
}

const columns = 'seq, request_id, revision, cause, n, body, prev, hash';
const texts = 'select request_id, revision, field, salt, text from cmk.free_text';

async function eraseIn(sql: Sql, tools: AppendTools, id: RequestId, cause: string, decide: Decide) {
  const answer = await appendIn(sql, tools, id, cause, decide);
  if (answer.kind === 'refused' || answer.replay) return answer;
  const first = answer.events[0]?.revision ?? answer.request.revision + 1;
  await change(sql, 'delete from cmk.free_text where request_id = $1 and revision < $2', [id, first]);
  return answer;
}

export function openTrail(
  { pool, forgetJournal }: Pick<Database, 'pool' | 'forgetJournal'>,
  tools: AppendTools,
  written: () => void,
): Trail {
  return {
    head: () => readHead(pool),
    lines: (after, limit) =>
      select(pool, LineRow, `select ${columns} from cmk.event where seq > $1 order by seq limit $2`, [after, limit]),
    hashAt: async (seq) => {
      const [line] = await select(pool, LineRow, `select ${columns} from cmk.event where seq = $1`, [seq]);
      if (line === undefined) throw new Error(`reading the chain: there is no event ${seq}`);
      return line.hash;
    },
    linesOf: (id) => select(pool, LineRow, `select ${columns} from cmk.event where request_id = $1 order by seq`, [id]),
    textsOf: (id) => select(pool, TextRow, `${texts} where request_id = $1 order by revision, field`, [id]),
    erase: async (id, cause, decide) => {
      const answer = await inTransaction(pool, (sql) => eraseIn(sql, tools, id, cause, decide));
      if (answer.kind === 'accepted') {
        // Deleted rows stay readable in the table's file until it is written anew, and samples of them in the statistics. A
        // form keeps what was typed until it is submitted. Done again when the call is repeated.
        await pool.query('vacuum (full, analyze) cmk.free_text, cmk.document');
        await forgetJournal();
        if (!answer.replay) written();
      }
      return answer;
    },
  };
}
