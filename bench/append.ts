/**
 * Storing what is decided, beside a plain committed INSERT of the same bytes: whole lives of requests go through the product's
 * one way to write, and after each call a table without any rule takes the very rows that it wrote.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { recordTools } from '../src/audit/record.ts';
import { RequestId } from '../src/domain/ids.ts';
import type { ChainLine } from '../src/domain/record/chain.ts';
import { decide } from '../src/domain/request/decide.ts';
import { parseEventBody } from '../src/operations/registry.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../src/store/database.ts';
import type { Placed } from '../src/store/event-rows.ts';
import { migrate } from '../src/store/migrations.ts';
import { type OpenStore, openStore } from '../src/store/store.ts';
import { partsOf } from './support/append-parts.ts';
import { compare, type Figure, type Measured, type Table } from './support/figures.ts';
import { commandsOf } from './support/life.ts';
import { benchKeys, placeOf } from './support/places.ts';
import { plainInsert, plainTable } from './support/plain-events.ts';

const livesARound = 40;
const writers = 8;
const livesOfAWriter = 5;

/** Milliseconds of both, for the same calls. */
interface Took {
  ours: number;
  plain: number;
  calls: number;
}

async function timed(took: Took, side: 'ours' | 'plain', work: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await work();
  took[side] += performance.now() - began;
}

const asPlaced = ({ body, hash, sealKey, seal, ...position }: ChainLine): Placed => ({
  position: { ...position, time: '' },
  sealed: { body, hash, sealKey, seal, openings: [] },
});

/** One life's calls, each once the one before was answered. */
async function live({ requests }: OpenStore, number: number, after: () => Promise<void> = async () => undefined) {
  const id = RequestId.parse(`CMK-${String(number).padStart(6, '0')}`);
  const calls = commandsOf(`agent-${number}`);
  for (const [cause, command] of calls) {
    await requests.append(id, cause, (request, now) => decide(request, command, now));
    await after();
  }
  return calls.length;
}

/** Call by call: ours, then the same rows in the table beside. */
async function byTurns(store: OpenStore, { pool }: Database, number: number, took: Took): Promise<void> {
  let [{ seq }, began] = [await store.trail.head(), performance.now()];
  const count = await live(store, number, async () => {
    took.ours += performance.now() - began;
    const placed = (await store.trail.lines(seq === 0 ? null : seq, 10)).map(asPlaced);
    await timed(took, 'plain', () => plainInsert(pool, placed));
    [{ seq }, began] = [await store.trail.head(), performance.now()];
  });
  took.calls += count;
}

/** Several at once, ours; then as many, each with the rows of one of them. */
async function atOnce(store: OpenStore, { pool }: Database, first: number, took: Took): Promise<void> {
  const { seq } = await store.trail.head();
  const numbers = Array.from({ length: writers }, (_, writer) =>
    Array.from({ length: livesOfAWriter }, (_life, life) => first + writer * livesOfAWriter + life),
  );
  await timed(took, 'ours', async () => {
    const calls = numbers.map(async (own) => {
      for (const number of own) {
        const count = await live(store, number);
        took.calls += count;
      }
    });
    await Promise.all(calls);
  });
  const lines = await store.trail.lines(seq === 0 ? null : seq, 100_000);
  const writes = numbers.map((own) => {
    const calls = new Map<string, Placed[]>();
    for (const line of lines) {
      if (!own.includes(Number(line.request.slice(4)))) continue;
      const call = `${line.request} ${line.cause}`;
      calls.set(call, [...(calls.get(call) ?? []), asPlaced(line)]);
    }
    return [...calls.values()];
  });
  await timed(took, 'plain', () =>
    Promise.all(
      writes.map(async (own) => {
        for (const placed of own) await plainInsert(pool, placed);
      }),
    ),
  );
}

interface Opened {
  readonly database: Database;
  readonly store: OpenStore;
}

async function withStore<T>(
  options: DatabaseOptions,
  isNew: boolean,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(options);
  try {
    await migrate(database, 'the bench');
    if (isNew) await database.pool.query(plainTable);
    const store = openStore(database, {
      ...recordTools(randomBytes, benchKeys),
      clock: () => new Date(),
      read: parseEventBody,
      onBroken: () => undefined,
    });
    await store.trail.check();
    return await work({ database, store });
  } finally {
    await database.close();
  }
}

let number = 0;
const taken = (count: number): number => {
  number += count;
  return number - count;
};

type Round = (store: OpenStore, database: Database, took: Took) => Promise<void>;

const oneAfterTheOther: Round = async (store, database, took) => {
  for (let life = 0; life < livesARound; life += 1) await byTurns(store, database, taken(1), took);
};
const together: Round = (store, database, took) => atOnce(store, database, taken(writers * livesOfAWriter), took);

async function figureOf(
  what: string,
  { store, database }: Opened,
  rounds: number,
  round: Round,
  target: Figure['target'],
): Promise<Figure> {
  const rates: { readonly ours: number; readonly baseline: number }[] = [];
  // The first round warms both up.
  for (let one = 0; one <= rounds; one += 1) {
    const took = { ours: 0, plain: 0, calls: 0 };
    await round(store, database, took);
    if (one > 0) rates.push({ ours: (took.calls / took.ours) * 1000, baseline: (took.calls / took.plain) * 1000 });
  }
  return compare(what, 'per second', rates, 'plain committed INSERT', target);
}

const figuresOn = (name: string, place: string, rounds: number): Promise<readonly Figure[]> =>
  withStore(placeOf(place), true, async (opened) => [
    await figureOf(`${name}: what is decided is stored`, opened, rounds, oneAfterTheOther, { atLeast: 0.7 }),
    await figureOf(`${name}: the same, ${writers} at once`, opened, rounds, together, null),
  ]);

const Pid = z.object({ pid: z.number() });

const parts = (url: string): Promise<Table> =>
  withStore({ kind: 'postgres', url, maxConnections: 1 }, false, async ({ database, store }) => {
    const { pid } = Pid.parse((await database.pool.query('select pg_backend_pid() as pid')).rows[0]);
    return partsOf({ store, database, pid, nextRequest: () => taken(1) });
  });

/** `postgresUrl`: an empty database of a server that waits for the disk. */
export async function append(postgresUrl: string, rounds: number): Promise<Measured> {
  const data = await mkdtemp(path.join(os.tmpdir(), 'cmk-bench-append-'));
  try {
    const onServer = await figuresOn('PostgreSQL', postgresUrl, rounds);
    const table = await parts(postgresUrl);
    const inFolder = await figuresOn('PGlite', path.join(data, 'data'), rounds);
    return { name: 'append', figures: [...onServer, ...inFolder], tables: [table] };
  } finally {
    await rm(data, { recursive: true });
  }
}
