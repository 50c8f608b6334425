/**
 * Storing what is decided, beside a plain committed INSERT of the same bytes: whole lives of requests go through the product's
 * one way to write, and after each call a table without any rule takes the very rows that it wrote.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { recordTools } from '../src/audit/record.ts';
import { RequestId } from '../src/domain/ids.ts';
import { decide } from '../src/domain/request/decide.ts';
import { parseEventBody } from '../src/operations/registry.ts';
import { type Database, openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { type OpenStore, openStore } from '../src/store/store.ts';
import { compare, type Figure, type Measured } from './support/figures.ts';
import { placeholders } from './support/insert-events.ts';
import { commandsOf } from './support/life.ts';
import { benchKeys, placeOf } from './support/places.ts';

const livesARound = 40;
const plain = `create schema plain; create table plain.event (seq bigint primary key, request_id text, revision int,
  cause text, n int, body text, prev text, hash text, seal_key text, seal text)`;
const columns = 10;

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

/** One life, call by call: ours, then the same rows in the table beside. */
async function live(store: OpenStore, { pool }: Database, number: number, took: Took): Promise<void> {
  const id = RequestId.parse(`CMK-${String(number).padStart(6, '0')}`);
  for (const [cause, command] of commandsOf(`agent-${number}`)) {
    const before = await store.trail.head();
    await timed(took, 'ours', () => store.requests.append(id, cause, (request, now) => decide(request, command, now)));
    const lines = await store.trail.lines(before.seq === 0 ? null : before.seq, 10);
    const values = lines.map(({ seq, request, revision, cause: by, n, body, prev, hash, sealKey, seal }) => [
      ...[seq, request, revision, by, n, body, prev, hash, sealKey, seal],
    ]);
    const insert = `insert into plain.event values ${placeholders(values.length, columns)}`;
    await timed(took, 'plain', () => pool.query(insert, values.flat()));
    took.calls += 1;
  }
}

async function on(name: string, place: string, rounds: number): Promise<Figure> {
  const database = await openDatabase(placeOf(place));
  try {
    await migrate(database, place);
    await database.pool.query(plain);
    const store = openStore(database, {
      ...recordTools(randomBytes, benchKeys),
      clock: () => new Date(),
      read: parseEventBody,
      onBroken: () => undefined,
    });
    const rates: { readonly ours: number; readonly baseline: number }[] = [];
    let number = 0;
    // The first round warms both up.
    for (let round = 0; round <= rounds; round += 1) {
      const took = { ours: 0, plain: 0, calls: 0 };
      for (let life = 0; life < livesARound; life += 1, number += 1) await live(store, database, number, took);
      if (round > 0) rates.push({ ours: (took.calls / took.ours) * 1000, baseline: (took.calls / took.plain) * 1000 });
    }
    const target = { atLeast: 0.7 };
    return compare(`${name}: what is decided is stored`, 'per second', rates, 'plain committed INSERT', target);
  } finally {
    await database.close();
  }
}

/** `postgresUrl`: an empty database of a server that waits for the disk. */
export async function append(postgresUrl: string, rounds: number): Promise<Measured> {
  const data = await mkdtemp(path.join(os.tmpdir(), 'cmk-bench-append-'));
  try {
    return {
      name: 'append',
      figures: [await on('PostgreSQL', postgresUrl, rounds), await on('PGlite', path.join(data, 'data'), rounds)],
    };
  } finally {
    await rm(data, { recursive: true });
  }
}
