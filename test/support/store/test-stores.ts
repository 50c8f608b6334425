/** The store in the test's process, on databases of the run's server. */
import { randomBytes } from 'node:crypto';
import { auditTools } from '../../../src/audit/audit-tools.ts';
import { keysIn } from '../../../src/audit/key-file.ts';
import type { RequestId } from '../../../src/domain/ids.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { parseEventBody } from '../../../src/operations/registry.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { openStore } from '../../../src/store/store.ts';
import { sealKeyUse } from '../../../src/text/record.ts';
import { newDatabase, removeDatabase } from './run-server.ts';
import { sealKeys } from './seal-keys.ts';

export type TestStore = Awaited<ReturnType<typeof openTestStore>>;

/** Opens and migrates a database. `keys`: lines of a key file; the key of all tests by default. */
export async function openTestStore(
  url: string,
  { keys, queryTimeoutMs }: { readonly keys?: readonly string[]; readonly queryTimeoutMs?: number } = {},
) {
  const database = openDatabase({ url });
  const tools = auditTools(
    randomBytes,
    keys === undefined ? sealKeys : keysIn(keys.join('\n'), 'the test', sealKeyUse),
  );
  await migrate(database, 'the database').catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  // As the bot does: migrations can take longer.
  if (queryTimeoutMs !== undefined) database.setQueryTimeout(queryTimeoutMs);
  let now: Date | null = null;
  const store = openStore(database, {
    ...tools,
    time: () => now ?? new Date(),
    read: parseEventBody,
    onBroken: () => undefined,
  });
  return {
    ...store,
    append: (id: RequestId, cause: string, command: Command) =>
      store.requests.append(id, cause, (request, at) => decide(request, command, at)),
    erase: (id: RequestId, cause: string, command: Command) =>
      store.auditLog.erase(id, cause, (request, at) => decide(request, command, at)),
    sql: async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
      (await database.pool.query(text, values)).rows,
    /** The rows of each statement, all on one client, or the code of its error. The client is released as they left it. */
    session: async (...statements: string[]): Promise<unknown[]> => {
      const client = await database.pool.connect();
      const results: unknown[] = [];
      for (const statement of statements) {
        const outcome = client.query(statement).then(
          (result) => result.rows,
          (error: { readonly code?: string }) => error.code,
        );
        results.push(await outcome);
      }
      client.release();
      return results;
    },
    /** Null: the clock of this machine. */
    setClock: (at: Date | null): void => {
      now = at;
    },
    close: () => database.close(),
  };
}

/** The databases of a suite: after the last test every store is closed, and the databases go. */
export function testDatabases() {
  const opened: TestStore[] = [];
  const urls: string[] = [];
  afterAll(async () => {
    await Promise.all(opened.map((store) => store.close()));
    await Promise.all(urls.map(removeDatabase));
  });
  return {
    /** The URL of a database that nobody used yet, or of a copy. */
    async fresh(copied?: string): Promise<string> {
      const url = await newDatabase(copied);
      urls.push(url);
      return url;
    },
    async start(url: string): Promise<TestStore> {
      const store = await openTestStore(url);
      opened.push(store);
      return store;
    },
  };
}
