/** Which replicas are running, by heartbeats in the table `cmk.replica`. A row stays until its replica deregisters or is evicted. */
import type { Pool } from 'pg';
import { z } from 'zod';
import {
  type MembershipEvents,
  type Registration,
  type ReplicaIdentity,
  ReplicaNameTaken,
  type Replicas,
} from '../domain/ports/store.ts';
import type { Database } from './database.ts';
import { HeartbeatConnection, isConnected } from './heartbeat-connection.ts';
import { acquireLease, awaitExpiry, findLease, type InstanceLease } from './instance-lease.ts';
import { changedRows, type Sql, select, selectOne } from './sql.ts';

/** The default interval between heartbeats. */
export const defaultBeatMs = 1_000;
/** After so many missing heartbeats a replica has failed. More than a process that is held up for a moment misses. */
const missingBeats = 8;
/** The same if its connection ended too: enough for a running one to reconnect. */
const disconnectedBeats = 3;
/** A replica whose own heartbeats had such a gap evicts nobody before they were regular for {@link disconnectedBeats} again. */
const gapBeats = 2;

/** SQL: the running instances, for use in other queries. */
export const aliveInstances = 'select instance from cmk.replica';

const Alive = z.object({ name: z.string(), workflow_version: z.string() });
const Name = z.object({ name: z.string() });

/** False: another process has the name now. It isn't taken back. */
const beat = async (sql: Sql, { name, instance, workflowVersion }: ReplicaIdentity): Promise<boolean> =>
  (await changedRows(
    sql,
    `insert into cmk.replica as r values ($1, $2, $3, now()) on conflict (name) do update
      set seen = now() where r.instance = excluded.instance`,
    [name, instance, workflowVersion],
  )) > 0;

/** SQL: removes replicas, and makes every run due at once, since it can have been one of theirs. */
const removing = (removal: string): string => `with gone as (${removal} returning r.name),
  brought as (update cmk.outbox set due_at = $2 where kind = 'run' and due_at > $2 and exists (select 1 from gone))
  select name from gone`;

const failed = (beatMs: number): string => {
  const silent = (beats: number): string => `r.seen < now() - interval '${beats * beatMs} milliseconds'`;
  return `${silent(missingBeats)} or (${silent(disconnectedBeats)} and not ${isConnected('r.instance')})`;
};

/** Returns the names of evicted replicas. */
const evictFailed = async (sql: Sql, beatMs: number, me: ReplicaIdentity, now: Date): Promise<readonly string[]> => {
  const text = removing(`delete from cmk.replica r where r.name <> $1 and (${failed(beatMs)})`);
  return (await select(sql, Name, text, [me.name, now.toISOString()])).map((row) => row.name);
};

const deregister = (sql: Sql, { instance }: ReplicaIdentity, now: Date): Promise<number> =>
  changedRows(sql, removing('delete from cmk.replica r where r.instance = $1'), [instance, now.toISOString()]);

/** Tells whether this replica's own heartbeats were regular for long enough to judge others by theirs. */
function openStability(beatMs: number): () => boolean {
  let since = performance.now();
  let last = since;
  return () => {
    const now = performance.now();
    if (now - last > gapBeats * beatMs) since = now;
    last = now;
    return now - since >= disconnectedBeats * beatMs;
  };
}

interface ReplicasOptions {
  /** The interval between heartbeats. The same for all replicas of a database, which judge each other by it. */
  readonly beatMs: number;
  readonly clock: () => Date;
}

interface Listeners extends MembershipEvents {
  readonly onBeat: () => void;
}

interface Connection extends Sql {
  lock(): Promise<void>;
  end(): Promise<void>;
}

/** The embedded database has only one process and one session. */
const embeddedConnection = (pool: Pool): Connection => ({
  query: (text, values) => pool.query(text, values),
  lock: async () => undefined,
  end: async () => undefined,
});

/** Sends heartbeats and evicts failed replicas. `next` sends one at once. */
function startHeartbeats(
  connection: Connection,
  me: ReplicaIdentity,
  events: Listeners,
  { beatMs, clock }: ReplicasOptions,
) {
  const isStable = openStability(beatMs);
  let stopped = false;
  let lastSucceeded = true;
  let beating: Promise<void> | null = null;
  const once = async (): Promise<void> => {
    await connection.lock();
    const isMine = await beat(connection, me);
    events.onBeat();
    lastSucceeded = true;
    if (stopped) return;
    if (!isMine) return events.onNameTaken(new ReplicaNameTaken(me.name));
    const evicted = isStable() ? await evictFailed(connection, beatMs, me, clock()) : [];
    if (evicted.length > 0) events.onGone(evicted);
  };
  const next = (): void => {
    if (stopped) return;
    beating ??= once()
      .catch((error: unknown) => {
        events.onTrouble(error);
        // Retries once at once: the connection can have been lost in the middle, and a new one is usually there.
        const retry = lastSucceeded;
        lastSucceeded = false;
        return retry;
      })
      .then((retry) => {
        beating = null;
        if (retry === true) next();
      });
  };
  const timer = setInterval(next, beatMs);
  timer.unref();
  const stop = async (): Promise<void> => {
    stopped = true;
    clearInterval(timer);
    await beating;
  };
  return { next, stop };
}

export function openReplicas(
  { pool, newSession }: Pick<Database, 'pool' | 'newSession'>,
  options: ReplicasOptions,
): Replicas {
  const { beatMs, clock } = options;
  let storing = true;
  async function register(
    me: ReplicaIdentity,
    given: MembershipEvents,
    lease: InstanceLease | null,
  ): ReturnType<Registration['register']> {
    const events: Listeners = {
      ...given,
      onTrouble(error) {
        storing = false;
        given.onTrouble(error);
      },
      onBeat() {
        storing = true;
      },
    };
    let reconnect: () => void = () => undefined;
    const connection =
      newSession === null
        ? embeddedConnection(pool)
        : new HeartbeatConnection(newSession, me.instance, () => reconnect());
    try {
      if (newSession === null) await changedRows(pool, 'delete from cmk.replica');
      await connection.lock();
      if (lease !== null) await awaitExpiry(lease, beatMs);
      if (!(await acquireLease(connection, me, lease))) throw new ReplicaNameTaken(me.name);
    } catch (error) {
      await connection.end();
      throw error;
    }
    const heartbeats = startHeartbeats(connection, me, events, options);
    reconnect = heartbeats.next;
    return async () => {
      await heartbeats.stop();
      await deregister(pool, me, clock());
      await connection.end();
    };
  }
  return {
    isStoring: () => storing,
    async observe(name) {
      const lease = newSession === null ? null : await findLease(pool, name);
      return {
        register: ({ instance, workflowVersion }, given) => register({ name, instance, workflowVersion }, given, lease),
      };
    },
    async isMine({ name, instance }) {
      const text = 'select name from cmk.replica where name = $1 and instance = $2';
      return (await selectOne(pool, Name, text, [name, instance])) !== null;
    },
    async alive() {
      const rows = await select(pool, Alive, 'select name, workflow_version from cmk.replica');
      return rows.map(({ name, workflow_version: workflowVersion }) => ({ name, workflowVersion }));
    },
  };
}
