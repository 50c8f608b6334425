/**
 * The store in a process of its own, driven over the parent's message channel: it is compiled as the bot is, and a test can
 * kill this process as a crash would. `store-client.ts` is the other end.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { auditTools } from '../../../src/audit/audit-tools.ts';
import { keysIn } from '../../../src/audit/key-file.ts';
import type { RequestId } from '../../../src/domain/ids.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { parseEventBody } from '../../../src/operations/registry.ts';
import { type DatabaseOptions, openDatabase } from '../../../src/store/database.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { type OpenStore, openStore } from '../../../src/store/store.ts';
import { sealKeyUse } from '../../../src/text/record.ts';
import { sealKeys } from './seal-keys.ts';

export interface Setup {
  readonly database: DatabaseOptions;
  readonly queryTimeoutMs?: number | undefined;
  /** Lines of a key file; the key of all tests by default. */
  readonly keys?: readonly string[] | undefined;
}
/** A method of the process's, by its name. */
export interface Ask {
  readonly id: number;
  readonly method: keyof StoreMethods;
  readonly args: readonly unknown[];
}
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}

const send = (answer: Answer): void => {
  process.send?.(answer);
};

let now: Date | null = null;
/** Whoever writes is in the middle of something, as a turn or a step of the engine is. */
const asked = new AsyncLocalStorage<true>();
const written = { times: 0, within: 0 };

async function open(setup: Setup) {
  const database = openDatabase(setup.database);
  const tools = auditTools(
    randomBytes,
    setup.keys === undefined ? sealKeys : keysIn(setup.keys.join('\n'), 'the test', sealKeyUse),
  );
  await migrate(database, 'the database');
  // As the bot does: migrations can take longer.
  if (setup.queryTimeoutMs !== undefined) database.setQueryTimeout(setup.queryTimeoutMs);
  const store = openStore(database, {
    ...tools,
    time: () => now ?? new Date(),
    read: parseEventBody,
    onBroken: () => undefined,
  });
  store.jobs.onWritten(() => {
    written.times += 1;
    if (asked.getStore()) written.within += 1;
  });
  return methodsOf(database, store);
}

function methodsOf(database: Awaited<ReturnType<typeof openDatabase>>, store: OpenStore) {
  const append = (id: RequestId, cause: string, command: Command) =>
    store.requests.append(id, cause, (request, at) => decide(request, command, at));
  return {
    append,
    /** Appends and dies after the commit, before the answer. */
    appendAndDie: async (...given: Parameters<typeof append>): Promise<void> => {
      await append(...given);
      process.kill(process.pid, 'SIGKILL');
    },
    erase: (id: RequestId, cause: string, command: Command) =>
      store.auditLog.erase(id, cause, (request, at) => decide(request, command, at)),
    call: async (port: keyof OpenStore, method: string, ...args: unknown[]): Promise<unknown> => {
      // The client's types say that the method is one of the port's and the arguments are its own.
      const methods = store[port] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
      return methods[method]?.(...args);
    },
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
    setClock: async (at: Date | null): Promise<void> => {
      now = at;
    },
    /** How often the listener to jobs was called, and how often in the middle of what wrote. */
    written: async () => written,
    close: () => database.close(),
  };
}
export type StoreMethods = ReturnType<typeof methodsOf>;

function listen(methods: StoreMethods): void {
  process.on('message', ({ id, method, args }: Ask) => {
    const called = methods[method] as (...given: readonly unknown[]) => Promise<unknown>;
    asked.run(true, called, ...args).then(
      (value) => {
        send({ id, value });
        if (method === 'close') process.disconnect?.();
      },
      (error: Error) => send({ id, error: { name: error.name, message: error.message } }),
    );
  });
  send({ id: 0 });
}

process.once('message', (setup: Setup) => {
  open(setup).then(listen, (error: Error) => {
    send({ id: 0, error: { name: error.name, message: error.message } });
    process.exit(1);
  });
});
