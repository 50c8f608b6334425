/**
 * A subset of node-postgres's `Pool` and `PoolClient` over the single connection of an in-process PGlite. It's enough for
 * this store and the workflow engine. A client owns the connection for a whole transaction, or else for one statement.
 *
 * Differences from a real pool: all clients share one session, so `set` and session-level advisory locks are shared.
 * Requesting another client inside a transaction waits for that same transaction, and fails after 30 s.
 */
import { EventEmitter } from 'node:events';
import type { PGlite, Results } from '@electric-sql/pglite';
import pLimit from 'p-limit';

/** Releases the mutex. Calling it again has no effect. */
type Release = () => void;

type Acquire = (timeoutMs: number) => Promise<Release>;

/** Makes a FIFO mutex for the one connection. */
export function openMutex(): Acquire {
  const limit = pLimit(1);
  /** Throws after `timeoutMs`: then a holder waits for itself or never released, and an error is better than a hang. */
  return (timeoutMs) =>
    new Promise((resolve, reject) => {
      let gaveUp = false;
      const timer = setTimeout(() => {
        gaveUp = true;
        reject(new Error(`waiting for the embedded database: its one connection was not free for ${timeoutMs} ms`));
      }, timeoutMs);
      void limit(async () => {
        clearTimeout(timer);
        if (!gaveUp) await new Promise<void>((release) => resolve(release));
      });
    });
}

interface LiteQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly rowMode?: 'array';
}

/** The fields of node-postgres's `QueryResult` that are used. */
interface LiteResult {
  readonly rows: unknown[];
  readonly fields: { name: string; dataTypeID: number }[];
  readonly rowCount: number | null;
  readonly command: string;
}

const longestWaitMs = 30_000;
/**
 * Returns `int8` and `numeric` as strings, as node-postgres does, because they might not fit a number. Set once when PGlite
 * is opened: with each statement, it would rebuild its whole parser table.
 */
export const parsers = { 20: (text: string) => text, 1700: (text: string) => text };
const listens = /^\s*listen\s+"?(\w+)/i;

const toResult = ({ rows, fields, rowCount, command }: Results): LiteResult => ({
  rows,
  fields,
  rowCount: rowCount ?? null,
  command: command ?? '',
});

/** Runs a query. Several statements without parameters return several results, as in node-postgres. */
async function run(db: PGlite, query: LiteQuery): Promise<LiteResult> {
  const options = query.rowMode === undefined ? {} : { rowMode: query.rowMode };
  if (query.values !== undefined && query.values.length > 0) {
    return toResult(await db.query(query.text, query.values, options));
  }
  const results = (await db.exec(query.text, options)).map(toResult);
  const [only = { rows: [], fields: [], rowCount: null, command: '' }] = results;
  // node-postgres's types don't describe this shape, either.
  return results.length > 1 ? (results as unknown as LiteResult) : only;
}

const toQuery = (query: string | LiteQuery, values: unknown[] | undefined): LiteQuery => {
  const { text, ...rest } = typeof query === 'string' ? { text: query } : query;
  return values === undefined ? { text, ...rest } : { text, ...rest, values };
};

/** Called before each use of the connection. Throws if this process has lost the data folder. */
type BeforeUse = () => Promise<void>;

/** Called with every error that the database returns. */
type OnError = (error: unknown) => void;

/** One borrowed client. Statements run in the order in which they were sent. */
class LiteClient extends EventEmitter {
  readonly #db: PGlite;
  readonly #acquire: Acquire;
  readonly #beforeUse: BeforeUse;
  readonly #onError: OnError;
  readonly #channels = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();
  #release: Release | null = null;
  #stopListening: (() => void) | null = null;
  #released = false;

  constructor(db: PGlite, acquire: Acquire, beforeUse: BeforeUse, onError: OnError) {
    super();
    this.#onError = onError;
    this.#db = db;
    this.#acquire = acquire;
    this.#beforeUse = beforeUse;
  }

  async query(query: string | LiteQuery, values?: unknown[]): Promise<LiteResult> {
    if (this.#released) throw new Error('a client of the embedded database was used after its release');
    const result = this.#last.then(() => this.#run(toQuery(query, values)));
    this.#last = result.catch(() => undefined);
    return await result;
  }

  /** Returns the client to the pool. An open transaction is rolled back. */
  release(_destroy?: Error | boolean): void {
    if (this.#released) throw new Error('a client of the embedded database was released twice');
    this.#released = true;
    this.#stopListening?.();
    this.#last = this.#last.then(() => this.#rollBack());
  }

  async #run(query: LiteQuery): Promise<LiteResult> {
    const begins = this.#release === null;
    this.#release ??= await this.#acquire(longestWaitMs);
    try {
      if (begins) await this.#beforeUse();
      this.#listen(query.text);
      return await run(this.#db, query);
    } catch (error) {
      this.#onError(error);
      throw error;
    } finally {
      if (!this.#db.isInTransaction()) this.#unlock();
    }
  }

  #unlock(): void {
    this.#release?.();
    this.#release = null;
  }

  async #rollBack(): Promise<void> {
    if (this.#release === null) return;
    // If the rollback fails, the connection is lost, and the next statement reports it.
    await this.#db.exec('rollback').catch(() => undefined);
    this.#unlock();
  }

  #listen(text: string): void {
    const channel = listens.exec(text)?.[1];
    if (channel === undefined) return;
    this.#channels.add(channel.toLowerCase());
    this.#stopListening ??= this.#db.onNotification((name, payload) => {
      if (this.#channels.has(name.toLowerCase())) this.emit('notification', { channel: name, payload });
    });
  }
}

export class LitePool extends EventEmitter {
  /** The engine reads this to size its own limits. */
  readonly options = { max: 10 };
  readonly #db: PGlite;
  readonly #acquire = openMutex();
  readonly #beforeUse: BeforeUse;
  readonly #onError: OnError;
  #ended = false;

  constructor(db: PGlite, beforeUse: BeforeUse, onError: OnError = () => undefined) {
    super();
    this.#onError = onError;
    this.#db = db;
    this.#beforeUse = beforeUse;
  }

  async connect(): Promise<LiteClient> {
    if (this.#ended) throw new Error('the embedded database was closed');
    return new LiteClient(this.#db, this.#acquire, this.#beforeUse, this.#onError);
  }

  async query(query: string | LiteQuery, values?: unknown[]): Promise<LiteResult> {
    const client = await this.connect();
    try {
      return await client.query(query, values);
    } finally {
      client.release();
    }
  }

  /** Rejects new work and waits for current work. */
  async end(): Promise<void> {
    this.#ended = true;
    const release = await this.#acquire(longestWaitMs);
    release();
  }
}
