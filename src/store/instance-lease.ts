/**
 * A replica's name belongs to one process at a time. Takes it over from a process that died.
 *
 * A running process that lost its connection takes its advisory lock again at once and sends a heartbeat. So the age of the last
 * heartbeat isn't compared; the lock must stay free for a while.
 */
import { z } from 'zod';
import type { ReplicaIdentity } from '../domain/ports/store.ts';
import { isConnected } from './heartbeat-connection.ts';
import { changedRows, type Sql, selectOne } from './sql.ts';

/** How long a free lock must stay free, in heartbeats. */
const watchedBeats = 0.25;
/** How long heartbeats must be missing if the lock is held or says nothing. */
const silentBeats = 3;

const Seen = z.object({ instance: z.string(), seen: z.string(), is_free: z.boolean() });

/** A server that restarted since the last heartbeat has no locks, so a free one says nothing. */
const look = `select r.instance, r.seen::text as seen,
  pg_postmaster_start_time() <= r.seen and not ${isConnected('r.instance')} as is_free from cmk.replica r where r.name = $1`;

/** The holder of a name, as found. */
export interface InstanceLease {
  readonly instance: string;
  /** The time of its last heartbeat, by the database's clock. */
  readonly seen: string;
  /** Its advisory lock was free. */
  readonly isFree: boolean;
  /** When it was found, by a monotonic clock, in milliseconds. */
  readonly at: number;
}

/** Null: no replica has the name. */
export async function findLease(sql: Sql, name: string): Promise<InstanceLease | null> {
  const found = await selectOne(sql, Seen, look, [name]);
  if (found === null) return null;
  return { instance: found.instance, seen: found.seen, isFree: found.is_free, at: performance.now() };
}

/** Waits until a running holder would have renewed the lease. */
export async function awaitExpiry({ isFree, at }: InstanceLease, beatMs: number): Promise<void> {
  const ms = at + (isFree ? watchedBeats : silentBeats) * beatMs - performance.now();
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Only if the holder is still the one that was found, with no heartbeat since, and without its lock. */
const take = `insert into cmk.replica as r values ($1, $2, $3, now()) on conflict (name) do update
  set instance = excluded.instance, workflow_version = excluded.workflow_version, seen = now()
  where r.instance = $4 and r.seen = $5::timestamptz and not ($6::boolean and ${isConnected('r.instance')})`;

/** Takes the name from the holder that was found. False: a running replica has it, and nothing changed. */
export async function acquireLease(sql: Sql, me: ReplicaIdentity, from: InstanceLease | null): Promise<boolean> {
  const who = [me.name, me.instance, me.workflowVersion];
  return (
    (await changedRows(sql, take, [...who, from?.instance ?? null, from?.seen ?? null, from?.isFree ?? false])) > 0
  );
}
