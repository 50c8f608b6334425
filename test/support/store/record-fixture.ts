/** The rows of a record as they lay in the database of some version of this program, kept to be opened by every later one. */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type ShiftedClock, shiftedClock } from '../processes/shifted-clock.ts';
import type { World } from '../world/world.ts';
import { type StoreProcess, startStore } from './store-client.ts';

/** In this order: a later one may rest on an earlier one. What was shown where is left out: that world is gone. */
const tables = ['event', 'free_text', 'open_request', 'person', 'outbox'] as const;
const Fixture = z.object({
  about: z.string(),
  head: z.object({ seq: z.number(), hash: z.string(), time: z.string() }),
  rows: z.record(z.enum(tables), z.array(z.looseObject({}))),
});
type Fixture = z.infer<typeof Fixture>;

export const readFixture = (version: number): Fixture =>
  Fixture.parse(JSON.parse(readFileSync(new URL(`../../golden/record-${version}/rows.json`, import.meta.url), 'utf8')));

/**
 * The clock of a bot that opens the fixture, a minute after its last event: a request in it waits for approval, and would
 * have expired by today.
 */
export function clockOfFixture({ head }: Fixture): ShiftedClock {
  const clock = shiftedClock();
  clock.shift(Date.parse(head.time) + 60_000 - Date.now());
  return clock;
}

/** The tables as the program that wrote the first rows of this version made them. */
const migrationsBefore = ['0001-record.sql', '0002-chat.sql', '0003-replicas.sql', '0004-resources.sql'];
const migration = (name: string): string =>
  readFileSync(new URL(`../../../src/store/migrations/${name}`, import.meta.url), 'utf8');

async function tablesOfThatTime(store: StoreProcess): Promise<void> {
  await store.sql('drop schema cmk cascade');
  await store.sql('create schema cmk');
  await store.sql('create table cmk.migration (number int primary key, name text not null)');
  for (const [index, name] of migrationsBefore.entries()) {
    await store.sql(migration(name));
    await store.sql('insert into cmk.migration values ($1, $2)', [index + 1, name]);
  }
}

/** Puts the world's database back to what a program of that time left: its tables, and its rows. Its bot has to be down. */
export async function putFixture(world: World, { head, rows }: Fixture): Promise<void> {
  const store = await startStore(world.database);
  try {
    await tablesOfThatTime(store);
    for (const table of tables) {
      const insert = `insert into cmk.${table} select * from json_populate_recordset(null::cmk.${table}, $1::json)`;
      await store.sql(insert, [JSON.stringify(rows[table])]);
    }
    await store.sql('update cmk.chain_head set seq = $1, hash = $2, time = $3', [head.seq, head.hash, head.time]);
    // The cards of that world are gone: each open request is shown again.
    await store.sql(
      "insert into cmk.outbox (request_id, kind, key, due_at) select request_id, 'show', '', $1::timestamptz from cmk.open_request on conflict do nothing",
      [head.time],
    );
  } finally {
    await store.close();
  }
  // Nor was there a key.
  await rm(path.join(world.dataDir, 'seal.key'));
}
