/**
 * The session that a replica lives by. Its heartbeats wait for nobody else's work, and it holds a lock that the server lets go of
 * with the connection: the kernel ends that the moment the process dies, so others need not wait for its silence.
 *
 * The other way round it proves nothing. A process may live and have lost its connection, or be gone with its whole machine while
 * the server still waits for it; behind a pooler that shares connections the lock stays with the pooler's. So a lock that is not
 * held shortens how long silence is waited for, and one that is held lengthens nothing.
 */
import type { Client } from 'pg';
import { change, type Sql } from './sql.ts';

/** Of an instance; nothing else in the database takes locks by such numbers. */
const keyOf = (instance: string): string => `hashtextextended(${instance}, 7236404)`;

/** Whether an instance's lock is held by any session; `instance` is an SQL expression. */
export const isConnected = (instance: string): string => `exists (select 1 from pg_locks l
  where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and (l.classid::bigint << 32 | l.objid::bigint) = ${keyOf(instance)})`;

/** Also after a pooler has given the session another connection, and after the server noticed that an older one of ours is gone. */
const holdLock = `select pg_try_advisory_lock(${keyOf('$1')}) where not ${isConnected('$1')}`;

/** One connection, opened anew whenever it was lost or a statement on it failed. */
export class Lifeline implements Sql {
  readonly #open: () => Client;
  readonly #instance: string;
  readonly #onLost: () => void;
  #session: Promise<Client> | null = null;

  /** `onLost` is called once for each connection that breaks by itself. */
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
  async hold(): Promise<void> {
    await change(this, holdLock, [this.#instance]);
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

  /** False: it was let go of before. */
  #drop(session: Promise<Client>): boolean {
    if (this.#session !== session) return false;
    this.#session = null;
    void session.then((client) => client.end()).catch(() => undefined);
    return true;
  }
}
