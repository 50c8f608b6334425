/** The databases that every store test runs on, and the processes opened on them. */
import { rm } from 'node:fs/promises';
import type { DatabaseOptions } from '../../../src/store/database.ts';
import { newEmptyDataDir } from './data-folder.ts';
import { startPostgres } from './postgres.ts';
import { type StoreProcess, startStore } from './store-client.ts';

export interface TestDatabases {
  /** Where a database of this kind that nobody used yet can be opened. */
  fresh(): Promise<DatabaseOptions>;
  start(options: DatabaseOptions): Promise<StoreProcess>;
  /** Ends every process and removes everything. */
  end(): Promise<void>;
}

function databases(fresh: () => Promise<DatabaseOptions>, removeAll: () => Promise<void>): TestDatabases {
  const started: StoreProcess[] = [];
  return {
    fresh,
    start: async (options) => {
      const store = await startStore(options);
      started.push(store);
      return store;
    },
    end: async () => {
      await Promise.all(started.map((store) => store.close()));
      await removeAll();
    },
  };
}

/** Data folders in a temporary place. */
export function pgliteDatabases(): TestDatabases {
  const folders: string[] = [];
  const fresh = async (): Promise<DatabaseOptions> => {
    const dataDir = await newEmptyDataDir();
    folders.push(dataDir);
    return { kind: 'pglite', dataDir };
  };
  return databases(fresh, async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });
}

/** Databases of one server; null where there is none. */
export async function postgresDatabases(): Promise<TestDatabases | null> {
  const postgres = await startPostgres();
  if (postgres === null) return null;
  return databases(async () => ({ kind: 'postgres', url: await postgres.newDatabase() }), postgres.stop);
}

type DatabaseName = 'on PGlite' | 'on PostgreSQL';

type Tests = (databases: TestDatabases, name: DatabaseName) => void;

/** Where there is no such database, its tests show as skipped. */
function declare(name: DatabaseName, databases: TestDatabases | null, tests: Tests): void {
  describe(name, () => {
    if (databases === null) {
      it.skip('needs a PostgreSQL server, and this machine has none', () => undefined);
      return;
    }
    afterAll(() => databases.end());
    tests(databases, name);
  });
}

/** Declares the tests for the database of production alone. */
export const onPostgreSql = async (tests: Tests): Promise<void> =>
  declare('on PostgreSQL', await postgresDatabases(), tests);

/** Declares the tests once for each database. */
export async function onEveryDatabase(tests: Tests): Promise<void> {
  declare('on PGlite', pgliteDatabases(), tests);
  await onPostgreSql(tests);
}
