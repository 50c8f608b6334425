import { Client } from 'pg';
import { isDatabaseUnavailable } from '../../src/store/db-errors.ts';
import { runAs, startPostgres } from '../support/store/postgres.ts';

const postgres = await startPostgres();
afterAll(() => postgres?.stop());
const onPostgres = postgres === null ? describe.skip : describe;

const errorOf = (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => null,
    (error: unknown) => error,
  );

/** Errors as the driver makes them, some without a code: words of theirs that change are to be noticed here. */
onPostgres('a connection that the server ends', () => {
  const ended = async (client: Client, url: string): Promise<void> => {
    const gone = new Promise<void>((resolve) => client.once('end', () => resolve()));
    await runAs(url, [
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    ]);
    await gone;
  };

  it('is a database that is away, for the statement under way and for every one after it', async () => {
    const url = (await postgres?.newDatabase()) ?? '';
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    const underWay = errorOf(client.query('select pg_sleep(60)'));
    await ended(client, url);
    const errors = [await underWay, await errorOf(client.query('select 1'))];
    for (const error of errors)
      expect([String(error), isDatabaseUnavailable(error)]).toEqual([expect.any(String), true]);
    expect(String(errors[1])).toContain('not queryable');
  });
});
