/** What a stored decision is made of: by the clock, and by the processor of the process and of the database's one connection. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { recordTools } from '../../src/audit/record.ts';
import { RequestId } from '../../src/domain/ids.ts';
import { decide } from '../../src/domain/request/decide.ts';
import type { StoredEvent } from '../../src/domain/request/events.ts';
import type { Request } from '../../src/domain/request/request.ts';
import type { Command } from '../../src/domain/request/request-command.ts';
import { parseEventBody } from '../../src/operations/registry.ts';
import type { Database } from '../../src/store/database.ts';
import { type Draft, draft } from '../../src/store/draft.ts';
import type { OpenStore } from '../../src/store/store.ts';
import { writeDrafts } from '../../src/store/write-drafts.ts';
import type { Table } from './figures.ts';
import { commandsOf } from './life.ts';
import { benchKeys } from './places.ts';
import { plainInsert } from './plain-events.ts';

/** Microseconds of everything so far. */
interface Spent {
  readonly clock: number;
  readonly process: number;
  readonly database: number;
}

/** Of a local server's connection; the kernel counts nanoseconds. */
const databaseMicros = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1_000;

function spentBy(pid: number): Spent {
  const { user, system } = process.cpuUsage();
  return { clock: performance.now() * 1_000, process: user + system, database: databaseMicros(pid) };
}

/** So many whole lives for each part. */
const lives = 40;

interface Parts {
  readonly store: OpenStore;
  readonly database: Database;
  /** Of the connection, which has to be the pool's only one. */
  readonly pid: number;
  /** Names requests that nobody used yet. */
  readonly nextRequest: () => number;
}

interface Call {
  readonly id: RequestId;
  readonly cause: string;
  readonly command: Command;
}

const callsOf = (number: number): readonly Call[] =>
  commandsOf(`agent-${number}`).map(([cause, command]) => ({
    ...{ cause, command },
    id: RequestId.parse(`CMK-${String(number).padStart(6, '0')}`),
  }));

/** What the calls come to, in a chain of their own: nothing is stored. */
function draftsOf(calls: readonly Call[]): readonly Draft[] {
  const tools = { ...recordTools(randomBytes, benchKeys), read: parseEventBody };
  let head = { seq: 0, hash: '0'.repeat(64), time: null as string | null };
  let before: { readonly events: readonly StoredEvent[]; readonly request: Request | null } = {
    events: [],
    request: null,
  };
  return calls.map(({ id, cause, command }) => {
    const asked = {
      id,
      cause,
      decide: (request: Request | null, now: Date) => decide(request, command, now),
      trace: null,
    };
    const made = draft(tools, head, asked, before, new Date());
    if ('kind' in made) throw new Error(`${cause}: ${made.code}`);
    const last = made.placed.at(-1);
    if (last !== undefined) head = { seq: last.position.seq, hash: last.sealed.hash, time: last.position.time };
    before = { events: [...before.events, ...made.events], request: made.after };
    return made;
  });
}

/** One part: the work of a whole life, how many calls that was. */
type Work = (calls: readonly Call[], drafts: readonly Draft[]) => Promise<void> | void;

async function measured({ pid, nextRequest }: Parts, work: Work): Promise<readonly string[]> {
  const all = Array.from({ length: lives }, () => callsOf(nextRequest()));
  const ready = all.map((calls) => ({ calls, drafts: draftsOf(calls) }));
  const before = spentBy(pid);
  for (const { calls, drafts } of ready) await work(calls, drafts);
  const after = spentBy(pid);
  const count = all.flat().length;
  const each = (of: keyof Spent): string => `${Math.round((after[of] - before[of]) / count)} µs`;
  return [each('clock'), each('process'), each('database')];
}

/** Each part with the disk waited for and not; beside a plain INSERT of the same rows. */
export async function partsOf(parts: Parts): Promise<Table> {
  const { store, database } = parts;
  const { pool } = database;
  const stored: Work = async (calls) => {
    for (const { id, cause, command } of calls) {
      await store.requests.append(id, cause, (request, now) => decide(request, command, now));
    }
  };
  const plain: Work = async (_calls, drafts) => {
    for (const { placed } of drafts) await plainInsert(pool, placed);
  };
  const rows: (readonly string[])[] = [];
  const add = async (what: string, work: Work): Promise<void> => {
    rows.push([what, ...(await measured(parts, work))]);
  };
  const noHead = { seq: 0, hash: 'none', time: null };
  for (const [waits, words] of [
    ['on', ''],
    ['off', ', not waiting for the disk'],
  ] as const) {
    await pool.query(`set synchronous_commit = ${waits}`);
    await add(`what is decided is stored${words}`, stored);
    await add(`plain INSERT${words}`, plain);
  }
  await add('decided, sealed and read as it will be read back: no database', (calls) => void draftsOf(calls));
  await add('the statement, where the head is another one: nothing is stored', async (_calls, drafts) => {
    for (const made of drafts) await writeDrafts(pool, noHead, [made]);
  });
  await pool.query('reset synchronous_commit');
  return { head: ['each decision, by the clock and by processors', 'clock', 'bot', 'database'], rows };
}
