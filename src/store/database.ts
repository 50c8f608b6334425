/** Opens the one database: our own tables and the workflow engine's live side by side in it. */
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Client, type ClientConfig, Pool, type PoolConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { FolderLost, lockFolder } from './folder-lock.ts';
import { LitePool, parsers } from './lite-pool.ts';

export type DatabaseOptions = Hearing &
  (
    | {
        readonly kind: 'pglite';
        readonly dataDir: string;
        /** Called once where another process took the folder: what this one has of it is worth nothing any more. */
        readonly onLost?: (error: FolderLost) => void;
      }
    | ({ readonly kind: 'postgres' } & PostgresOptions)
  );

interface Hearing {
  /** Told every error that the database answers with, whoever asked: the workflow engine tries again by itself and tells nobody. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface PostgresOptions {
  readonly url: string;
  readonly maxConnections?: number;
  /** Asked for with each new connection; without it the address has the password, or none is needed. */
  readonly password?: () => Promise<string>;
}

export interface Database {
  readonly kind: 'pglite' | 'postgres';
  /** Also good for the workflow engine's `systemDatabasePool`. */
  readonly pool: Pool;
  /** For heartbeats: one connection that doesn't wait for the others, and fails what isn't answered within seconds. Embedded: `pool`. */
  readonly leasePool: Pool;
  /**
   * Destroys what the journal beside the tables still holds of deleted rows. Only where the files are this process's own: on a
   * server the journal belongs to whoever keeps the server, and so do its backups.
   */
  forgetJournal(): Promise<void>;
  /** Waits for what is running, then lets go of connections, files and the folder's lock. */
  close(): Promise<void>;
}

/**
 * Opens PostgreSQL by URL, or PGlite in a folder that no other process may use meanwhile. Throws when the folder is in use,
 * naming its holder. PGlite does not wait for the disk: what it stored survives the process, not the machine.
 */
export const openDatabase = (options: DatabaseOptions): Promise<Database> =>
  options.kind === 'pglite' ? openLite(path.resolve(options.dataDir), options) : openPostgres(options);

interface LiteTold extends Hearing {
  readonly onLost?: (error: FolderLost) => void;
}

async function openLite(dataDir: string, { onLost = () => undefined, onError }: LiteTold): Promise<Database> {
  const files = path.join(dataDir, 'database');
  await mkdir(files, { recursive: true, mode: 0o700 });
  // Only what is surely ours is closed to others: the data folder itself may be one that somebody else gave.
  await chmod(files, 0o700);
  const lock = await lockFolder(dataDir, files);
  try {
    const db = await PGlite.create(files, { parsers });
    let lost = false;
    const mayUse = async (): Promise<void> => {
      try {
        await lock.check();
      } catch (error) {
        if (!lost && error instanceof FolderLost) onLost(error);
        lost = true;
        throw error;
      }
    };
    const pool = new LitePool(db, mayUse, onError);
    const close = once(async () => {
      await pool.end();
      // To close it is to write to it.
      if (!lost) await db.close();
      await lock.release();
    });
    // The one place where the look-alike passes for the real thing; lite-pool.ts says what it lacks.
    const asPool = pool as unknown as Pool;
    return {
      kind: 'pglite',
      pool: asPool,
      leasePool: asPool,
      forgetJournal: () => forgetJournal(pool),
      close,
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Old files of the journal are removed by the next checkpoint, not kept under another name to be written over one day. */
async function forgetJournal(pool: LitePool): Promise<void> {
  await pool.query('set wal_recycle = off');
  await pool.query('select pg_switch_wal()');
  await pool.query('checkpoint');
  await pool.query('reset wal_recycle');
}

/** The driver lets an address that names a user take the place of a password that is given beside it: so it is taken apart. */
function atServer({ url, password }: PostgresOptions): PoolConfig {
  return password === undefined ? { connectionString: url } : { ...parseIntoClientConfig(url), password };
}

/** A client whose errors are told to somebody beside whoever asked; none where there is nobody. */
function clientHeardBy(onError: (error: unknown) => void): typeof Client {
  return class extends Client {
    constructor(config?: string | ClientConfig) {
      super(config);
      // What the server answers with, a sign-in that it refuses among it; the driver raises the same to whoever asked.
      this.connection.on('errorMessage', onError);
    }
  };
}

async function openPostgres(options: PostgresOptions & Hearing): Promise<Database> {
  const HeardClient = options.onError === undefined ? Client : clientHeardBy(options.onError);
  const shared: PoolConfig = { Client: HeardClient, ...atServer(options), keepAlive: true };
  const pool = listening({
    ...shared,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 10_000,
    application_name: 'cmk-bot',
    // A replica that vanishes while it holds the chain's head must not hold up the others for longer.
    idle_in_transaction_session_timeout: 15_000,
  });
  const leasePool = listening({
    ...shared,
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 3_000,
    query_timeout: 3_000,
    application_name: 'cmk-bot lives',
  });
  const close = async (): Promise<void> => {
    await Promise.all([pool.end(), leasePool.end()]);
  };
  return { kind: 'postgres', pool, leasePool, forgetJournal: async () => undefined, close: once(close) };
}

/**
 * A connection that breaks is dropped by the pool, and what was asked over it fails; without a listener its error would end the
 * process. The pool listens to those that are idle, and tells here; to those in use nobody else does.
 */
function listening(config: PoolConfig): Pool {
  const pool = new Pool(config);
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Several ways to stop may meet: whoever closes second waits for the first. */
function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | null = null;
  return () => {
    closing ??= close();
    return closing;
  };
}
