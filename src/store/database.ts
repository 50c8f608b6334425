/** Opens the database. It has the bot's own tables and the job engine's. */
import { Pool, type PoolConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { clientWithTimeout } from './client-with-timeout.ts';

export interface DatabaseOptions {
  readonly url: string;
  readonly maxConnections?: number;
  /** Called for each new connection. Null: the URL has the password, or none is needed. */
  readonly password?: (() => Promise<string>) | null;
  /** Called with every error that the database returns, for any caller. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export type Database = ReturnType<typeof openDatabase>;

const claimTimeoutMs = 3_000;

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

export function openDatabase(options: DatabaseOptions) {
  let queryTimeoutMs: number | null = null;
  const { url, password = null, onError = () => undefined } = options;
  // Without a delay, the system waits two hours before it checks an idle connection.
  const shared: PoolConfig = {
    // Parsed, because the driver prefers a URL's user and its password over a separate password.
    ...(password === null ? { connectionString: url } : { ...parseIntoClientConfig(url), password }),
    // Statements that wait for no answer between them go out together.
    pipeline: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    async onConnect(client) {
      // Otherwise the database's owner could put functions of their own, such as a clock, before the server's.
      await client.query('set search_path = pg_catalog');
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
  const claimPool = listening({
    ...shared,
    Client: clientWithTimeout({ timeoutMs: () => claimTimeoutMs, onError }),
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: claimTimeoutMs,
    application_name: 'cmk-bot lives',
  });
  let closing: Promise<unknown> | null = null;
  return {
    pool,
    /** To renew claims: one connection with a timeout of a few seconds that doesn't wait for the others. */
    claimPool,
    /**
     * From now on, a query of `pool` that isn't answered in time ends its connection. Call it after the start: migrations can take
     * long.
     */
    setQueryTimeout(ms: number): void {
      queryTimeoutMs = ms;
    },
    /** Waits for running work, then releases connections. A second caller waits for the first. */
    async close(): Promise<void> {
      closing ??= Promise.all([pool.end(), claimPool.end()]);
      await closing;
    },
  };
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
