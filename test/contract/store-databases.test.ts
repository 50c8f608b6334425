import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { isDatabaseUnavailable, isDriverError } from '../../src/domain/database-errors.ts';
import { PersonId, RequestId } from '../../src/domain/ids.ts';
import { approver } from '../support/builders/fixtures.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { type SlowWire, startSlowWire } from '../support/processes/slow-wire.ts';
import { rowsOf, runAs } from '../support/store/postgres.ts';
import { openTestStore, type TestStore, testDatabases } from '../support/store/test-stores.ts';

/** What the store and the engine rely on in a database. */

const databases = testDatabases();

/** With a moved clock (libfaketime), the server's timer for looking at its clients doesn't fire. */
const unlessMoved = process.env.FAKETIME === undefined ? it : it.skip;

const errorOf = (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => null,
    (error: unknown) => error,
  );

const endOthers =
  'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';

describe('a server', () => {
  it('keeps its own time where the database’s owner puts another one before it', async () => {
    const url = await databases.fresh();
    await runAs(url, [
      'create schema evil',
      ...['now', 'clock_timestamp'].map(
        (name) => `create function evil.${name}() returns timestamptz language sql as
          $$ select pg_catalog.clock_timestamp() + interval '4 days' $$`,
      ),
      `do $$ begin execute format('alter database %I set search_path = evil, pg_catalog', current_database()); end $$`,
    ]);
    const [row] = await rowsOf(url, 'select clock_timestamp() as now');
    expect(Number(row?.now) - Date.now()).toBeGreaterThan(72 * 3_600_000);
    const store = await databases.start(url);
    const [own] = await store.sql('select clock_timestamp() as now');
    expect(Math.abs(Date.parse(String(own?.now)) - Date.now())).toBeLessThan(3_600_000);
  });

  it('has no table of the bot’s of which the docs don’t say what its writer causes', async () => {
    const url = await databases.fresh();
    await databases.start(url);
    const rows = await rowsOf(url, "select tablename as name from pg_tables where schemaname = 'cmk'");
    const page = readFileSync(new URL('../../docs/explain/security.md', import.meta.url), 'utf8');
    const [, said = ''] = page.split('### What a writer of each table causes');
    expect(rows.map(({ name }) => `\`cmk.${name}\``).filter((name) => !said.includes(name))).toEqual([]);
  });

  it('of a preview is refused, with what to do, by each program that opens it, and not changed', async () => {
    const url = await databases.fresh();
    await runAs(url, [
      'create schema cmk',
      'create table cmk.migration (number int primary key, name text not null)',
      "insert into cmk.migration values (1, '0001-record.sql')",
    ]);
    const said = await cmkBot(['requests', 'list'], { DATABASE_URL: url });
    expect(said.code).toBe(2);
    expect(said.err).toMatch(/was created by a preview of this program, .*Set a new database/);
    expect(said.err).toContain(new URL(url).pathname.slice(1));
    expect(said.err).not.toContain(' at ');
    await expect(databases.start(url)).rejects.toThrow('migration 0001-record.sql of a preview');
    const tables = "select table_name from information_schema.tables where table_schema = 'cmk'";
    expect(await rowsOf(url, tables)).toEqual([{ table_name: 'migration' }]);
  });

  it('seals no row of its owner’s: it isn’t opened without the migration, and a row without its seal counts as absent', async () => {
    const url = await databases.fresh();
    const store = await databases.start(url);
    const id = PersonId.parse(approver);
    await store.people.save({ id, memberId: '29:a', name: 'Approver', address: null });
    await runAs(url, [
      'alter table cmk.person drop column seal',
      `update cmk.person set name = 'Dr. Chief Physician'`,
      'create table cmk.kept as select * from cmk.migration',
      'delete from cmk.migration',
    ]);
    await expect(databases.start(url)).rejects.toThrow('already exists');
    await runAs(url, [
      'insert into cmk.migration select * from cmk.kept',
      `alter table cmk.person add column seal text not null default ''`,
    ]);
    expect(await (await databases.start(url)).people.among([id])).toEqual([]);
  });

  /** Errors as the driver makes them, some without a code: words of theirs that change are to be noticed here. */
  it('a connection that the server ends is a database that is away, for the statement under way and for every one after it', async () => {
    const url = await databases.fresh();
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    const underWay = errorOf(client.query('select pg_sleep(60)'));
    const gone = new Promise<void>((resolve) => client.once('end', () => resolve()));
    await runAs(url, [endOthers]);
    await gone;
    const errors = [await underWay, await errorOf(client.query('select 1'))];
    for (const error of errors)
      expect([String(error), isDatabaseUnavailable(error)]).toEqual([expect.any(String), true]);
    expect(String(errors[1])).toContain('not queryable');
  });

  describe('with a time limit for each query', () => {
    let url: string;
    let wire: SlowWire;
    let store: TestStore;
    beforeAll(async () => {
      url = await databases.fresh();
      wire = await startSlowWire(url);
      store = await openTestStore(wire.url, { queryTimeoutMs: 1_000 });
    });
    afterAll(async () => {
      await store.close();
      wire.stop();
    });

    it('notices that its server is gone without a word, and goes on with another connection', async () => {
      const before = await store.sql('select pg_backend_pid() as pid');
      wire.loseConnections();
      const lost = await errorOf(store.sql('select 1'));
      expect(String(lost)).toContain('no answer within 1000 ms');
      expect(await store.sql('select pg_backend_pid() as pid')).not.toEqual(before);
    });

    it('gives no client back on which the statement still runs', async () => {
      const slow = await store.session(
        'begin',
        'create table public.late (a int)',
        'select pg_sleep(3)',
        'rollback',
        'commit',
      );
      expect(slow).toEqual([[], [], 'ETIMEDOUT', undefined, undefined]);
      expect(await store.session('select 1 as one')).toEqual([[{ one: 1 }]]);
      expect(await store.sql("select to_regclass('public.late') as late")).toEqual([{ late: null }]);
    });

    unlessMoved(
      'leaves no session behind that waits for a lock, and does not carry out later what it gave up',
      async () => {
        await store.sql('create table public.held (a int)');
        const client = new Client({ connectionString: url });
        await client.connect();
        const count = async (which: string): Promise<number> =>
          Number((await client.query(`select count(*) from ${which}`)).rows[0].count);
        const sessions = "pg_stat_activity where datname = current_database() and application_name = 'cmk-bot'";
        /** While the lock lasts, they end only because the server looks at the connection. Otherwise the test runs into its limit. */
        const untilGone = async (): Promise<void> => {
          do {
            await new Promise((resolve) => setTimeout(resolve, 200));
            await client.query('select pg_stat_clear_snapshot()');
          } while ((await count(sessions)) > 0);
        };
        try {
          await client.query('begin; lock table held in access exclusive mode');
          for (let times = 0; times < 5; times += 1) {
            const given = Array.from({ length: 10 }, () => errorOf(store.sql('insert into public.held values (1)')));
            for (const error of await Promise.all(given)) expect(isDriverError(error)).toBe(true);
            await untilGone();
          }
          await client.query('rollback');
          expect(await count('held')).toBe(0);
        } finally {
          await client.end();
        }
      },
    );

    it('stores a card that was posted although its connection ends meanwhile', async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      try {
        await client.query('begin; lock table cmk.shown in access exclusive mode');
        const card = {
          requestId: RequestId.parse('CMK-234567'),
          audience: 'approval',
          conversationId: 'a',
          activityId: '1',
        };
        const saving = store.postedCards.save({ ...card, fingerprint: '' });
        const end = `select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'cmk-bot' and wait_event_type = 'Lock' and query like 'insert into cmk.shown%'`;
        while ((await client.query(end)).rows.length === 0) await client.query('select pg_stat_clear_snapshot()');
        await client.query('rollback');
        await saving;
        expect(await store.postedCards.of(card.requestId)).toEqual([{ ...card, fingerprint: '' }]);
      } finally {
        await client.end();
      }
    });
  });

  it('refuses a database that a newer program has migrated', async () => {
    const options = await databases.fresh();
    const newer = await databases.start(options);
    await newer.sql("insert into cmk.migration values (9999, 'later')");
    await newer.close();
    await expect(databases.start(options)).rejects.toThrow('migration later of a newer version');
  });
});
