/**
 * The connection for a replica's heartbeats, outside the pool. It holds a session advisory lock: the kernel ends the connection when
 * the process dies, and the server then releases the lock, so that others don't have to wait for missing heartbeats.
 *
 * The lock alone proves nothing. A running process can have lost its connection; a machine can be gone while the server still
 * waits for it; behind a pooler that shares connections, the pooler keeps the lock. So a free lock shortens the wait for missing
 * heartbeats, and a held one doesn't extend it.
 */
import type { Client } from 'pg';
import { changedRows, type Sql } from './sql.ts';

/** The lock's number. Nothing else in the database uses numbers of this kind. */
const keyOf = (instance: string): string => `hashtextextended(${instance}, 7236404)`;

/** SQL: whether any session holds the instance's lock. `instance` is an SQL expression. */
export const isConnected = (instance: string): string => `exists (select 1 from pg_locks l
  where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and (l.classid::bigint << 32 | l.objid::bigint) = ${keyOf(instance)})`;

/** Takes the lock unless it is held, also after a pooler has given the session another connection. */
const holdLock = `select pg_try_advisory_lock(${keyOf('$1')}) where not ${isConnected('$1')}`;

/** Reconnects after the connection was lost or a statement failed. */
export class HeartbeatConnection implements Sql {
  readonly #open: () => Client;
  readonly #instance: string;
  readonly #onLost: () => void;
  #session: Promise<Client> | null = null;

  /** `onLost`: called once for each connection that breaks. */
  constructor(open: () => Client, instance: string, onLost: () => void) {
    this.#open = open;
    this.#instance = instance;
    this.#onLost = onLost;
  }

  async query(text: string, values: unknown[] = []): Promise<{ rows: unknown[]; rowCount: number | null }> {
    this.#session ??= this.#connect();
    const session = this.#session;
    try {
      return await (await session).query(text, values);
    } catch (error) {
      this.#drop(session);
      throw error;
    }
  }

  /** Takes the lock unless it is held already. */
  async lock(): Promise<void> {
    await changedRows(this, holdLock, [this.#instance]);
  }

  async end(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await (await session)?.end();
  }

  async #connect(): Promise<Client> {
    const client = this.#open();
    let session: Promise<Client> | null = null;
    client.on('error', () => {
      if (session !== null && this.#drop(session)) this.#onLost();
    });
    await client.connect();
    session = this.#session;
    return client;
  }

  /** False: it was dropped before. */
  #drop(session: Promise<Client>): boolean {
    if (this.#session !== session) return false;
    this.#session = null;
    void session.then((client) => client.end()).catch(() => undefined);
    return true;
  }
}
