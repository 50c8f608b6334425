import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import type { DatabaseOptions } from '../../src/store/database.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { postgresDatabases, type TestDatabases } from '../support/store/store-databases.ts';
import { startWorld } from '../support/world/world.ts';

/** The tables as the programs before the second version of the record made them. */
const before = ['0001-record.sql', '0002-chat.sql', '0003-replicas.sql'];
const sqlOf = (name: string): string =>
  readFileSync(new URL(`../../src/store/migrations/${name}`, import.meta.url), 'utf8');

let databases: TestDatabases | null = null;
beforeAll(async () => {
  databases = await postgresDatabases();
});
afterAll(() => databases?.end());

/** A database of that time, with so many events. */
async function older(events: number): Promise<Extract<DatabaseOptions, { kind: 'postgres' }>> {
  if (databases === null) throw new Error('this machine has no PostgreSQL');
  const options = await databases.fresh();
  if (options.kind !== 'postgres') throw new Error('not a PostgreSQL database');
  const client = new Client(options.url);
  await client.connect();
  try {
    await client.query('create schema cmk');
    await client.query('create table cmk.migration (number int primary key, name text not null)');
    for (const [index, name] of before.entries()) {
      await client.query(sqlOf(name));
      await client.query('insert into cmk.migration values ($1, $2)', [index + 1, name]);
    }
    for (let seq = 1; seq <= events; seq += 1) {
      const insert = 'insert into cmk.event values ($1::bigint, $2, ($1::bigint)::int, $3, 0, $4, $5, $6)';
      await client.query(insert, [seq, 'CMK-000001', `cause ${seq}`, '{"agentName":"bot-care"}', `p${seq}`, `h${seq}`]);
    }
  } finally {
    await client.end();
  }
  return options;
}

const told = /has an audit log of version 1, with 2 events\. This program reads version 2 .*Set a new data folder/s;

it('is refused by name, with what to do, by whoever opens it', async () => {
  const { url } = await older(2);
  const said = await cmkBot(['requests', 'list'], { DATABASE_URL: url });
  expect(said.code).toBe(2);
  expect(said.err).toMatch(told);
  expect(said.err).toContain(new URL(url).pathname.slice(1));
  expect(said.err).not.toContain(' at ');
  const start = await startWorld({ env: { DATABASE_URL: url } }).catch((error: Error) => error.message);
  expect(start).toMatch(told);
}, 120_000);

it('is left as it was', async () => {
  const options = await older(2);
  await expect(databases?.start(options)).rejects.toThrow(told);
  const client = new Client(options.url);
  await client.connect();
  const { rows } = await client.query('select max(number) as last from cmk.migration');
  await client.end();
  expect(rows).toEqual([{ last: 3 }]);
});

it('is brought up where nothing was stored in it yet', async () => {
  const store = await databases?.start(await older(0));
  expect(await store?.sql('select resource from cmk.open_request')).toEqual([]);
});
