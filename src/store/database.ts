/** Opens the database. It has the bot's own tables and the workflow engine's. */
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Pool, type PoolConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { clientWithTimeout } from './client-with-timeout.ts';
import { FolderLost, lockFolder } from './folder-lock.ts';
import { LitePool, parsers } from './lite-pool.ts';

export type DatabaseOptions = ErrorHandler &
  (
    | {
        readonly kind: 'pglite';
        readonly dataDir: string;
        /** Called once if another process took over the folder. This process's data is then invalid. */
        readonly onLost?: (error: FolderLost) => void;
      }
    | ({ readonly kind: 'postgres' } & PostgresOptions)
  );

interface ErrorHandler {
  /**
   * Called with every error that the database returns, for any caller. The workflow engine retries on its own without
   * reporting errors.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface PostgresOptions {
  readonly url: string;
  readonly maxConnections?: number;
  /** Called for each new connection. If unset, the URL has the password, or none is needed. */
  readonly password?: () => Promise<string>;
}

export interface Database {
  readonly kind: 'pglite' | 'postgres';
  /** Also valid as the workflow engine's `systemDatabasePool`. */
  readonly pool: Pool;
  /**
   * For heartbeats: one connection with a timeout of a few seconds that doesn't wait for the others. Embedded: same as
   * `pool`.
   */
  readonly leasePool: Pool;
  /**
   * From now on, a query of `pool` that isn't answered in time ends its connection. Call it after the start: migrations can take
   * long. Embedded: does nothing.
   */
  setQueryTimeout(ms: number): void;
  /**
   * Destroys deleted rows that are still in the write-ahead log. It works only on the embedded database. On a server, the
   * log and the backups are the database administrator's responsibility.
   */
  forgetJournal(): Promise<void>;
  /** Waits for running work, then releases connections, files and the folder's lock. */
  close(): Promise<void>;
}

/**
 * Opens PostgreSQL by URL, or PGlite in a folder that no other process can use meanwhile. Throws if the folder is in use,
 * naming the holder. PGlite doesn't sync to disk: stored data survives a crash of the process, but not of the machine.
 */
export const openDatabase = (options: DatabaseOptions): Promise<Database> =>
  options.kind === 'pglite' ? openLite(path.resolve(options.dataDir), options) : openPostgres(options);

interface LiteHandlers extends ErrorHandler {
  readonly onLost?: (error: FolderLost) => void;
}

async function openLite(dataDir: string, { onLost = () => undefined, onError }: LiteHandlers): Promise<Database> {
  const files = path.join(dataDir, 'database');
  await mkdir(files, { recursive: true, mode: 0o700 });
  // Restricts only the bot's own subfolder. The data folder itself might belong to someone else.
  await chmod(files, 0o700);
  const lock = await lockFolder(dataDir, files);
  try {
    const db = await PGlite.create(files, { parsers });
    let lost = false;
    const beforeUse = async (): Promise<void> => {
      try {
        await lock.check();
      } catch (error) {
        if (!lost && error instanceof FolderLost) onLost(error);
        lost = true;
        throw error;
      }
    };
    const pool = new LitePool(db, beforeUse, onError);
    const close = once(async () => {
      await pool.end();
      // Closing would write to the folder.
      if (!lost) await db.close();
      await lock.release();
    });
    // The only cast to the real pool; lite-pool.ts lists the differences.
    const asPool = pool as unknown as Pool;
    return {
      kind: 'pglite',
      pool: asPool,
      leasePool: asPool,
      setQueryTimeout: () => undefined,
      forgetJournal: () => forgetJournal(pool),
      close,
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Forces a new log segment. Without recycling, the next checkpoint deletes old segments instead of reusing their files
 * later.
 */
async function forgetJournal(pool: LitePool): Promise<void> {
  await pool.query('set wal_recycle = off');
  await pool.query('select pg_switch_wal()');
  await pool.query('checkpoint');
  await pool.query('reset wal_recycle');
}

/** Parses the URL, because the driver prefers a URL's user and its password over a separate password. */
function atServer({ url, password }: PostgresOptions): PoolConfig {
  return password === undefined ? { connectionString: url } : { ...parseIntoClientConfig(url), password };
}

const leaseTimeoutMs = 3_000;

/**
 * Lets the server end sessions whose client is gone: one that the network lost, with its locks, within a minute; and one that ended
 * its connection while a statement waits for a lock, within a second, before the statement is carried out (PostgreSQL 14 and
 * later). By default, the first ends after two hours, and the second after its statement.
 */
const sessionSettings = [
  { tcp_keepalives_idle: '30', tcp_keepalives_interval: '10', tcp_keepalives_count: '3' },
  // Without it, one that the network lost while an answer is sent ends after 15 minutes.
  { tcp_user_timeout: '60000' },
  { client_connection_check_interval: '1s' },
].map((wanted) => ({
  text: 'select set_config(name, value, false) from pg_settings join json_each_text($1) on name = key',
  values: [JSON.stringify(wanted)],
}));

async function openPostgres(options: PostgresOptions & ErrorHandler): Promise<Database> {
  let queryTimeoutMs: number | null = null;
  const onError = options.onError ?? (() => undefined);
  // Without a delay, the system waits two hours before it checks an idle connection.
  const shared: PoolConfig = {
    ...atServer(options),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    async onConnect(client) {
      // A server on a system that can't check connections refuses one. Everything else works.
      for (const setting of sessionSettings) await client.query(setting).catch(() => undefined);
    },
  };
  const pool = listening({
    ...shared,
    Client: clientWithTimeout({ timeoutMs: () => queryTimeoutMs, onError }),
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 10_000,
    application_name: 'cmk-bot',
    // Limits how long a replica that disappears can block the chain head for the others.
    idle_in_transaction_session_timeout: 15_000,
  });
  const leasePool = listening({
    ...shared,
    Client: clientWithTimeout({ timeoutMs: () => leaseTimeoutMs, onError }),
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: leaseTimeoutMs,
    application_name: 'cmk-bot lives',
  });
  const close = async (): Promise<void> => {
    await Promise.all([pool.end(), leasePool.end()]);
  };
  const setQueryTimeout = (ms: number): void => {
    queryTimeoutMs = ms;
  };
  const forgetJournal = async (): Promise<void> => undefined;
  return { kind: 'postgres', pool, leasePool, setQueryTimeout, forgetJournal, close: once(close) };
}

/**
 * Creates a pool with error listeners. The pool drops a broken connection and its queries fail; without a listener, the
 * error event would end the process. The pool handles errors of idle connections only.
 */
function listening(config: PoolConfig): Pool {
  const pool = new Pool(config);
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Makes closing idempotent: a second caller waits for the first. */
function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | null = null;
  return () => {
    closing ??= close();
    return closing;
  };
}
