/**
 * Whoever goes by the name that another process comes for: whether it lives.
 *
 * One that lives and lost its connection takes the lock again at once, and says that it lives. So it is not asked for how long
 * it has been silent, which a moment before its next heartbeat is nearly a whole one: its lock is watched, and has to stay free.
 */
import { z } from 'zod';
import type { ReplicaIdentity } from '../domain/ports/store.ts';
import { isConnected } from './lifeline.ts';
import { change, type Sql, selectOne } from './sql.ts';

/** Of the lock of one that is gone, in heartbeats. */
const watchedBeats = 0.25;
/** Of one whose lock is held, or tells nothing: it would have said several times that it lives. */
const silentBeats = 3;

const Seen = z.object({ instance: z.string(), seen: z.string(), is_free: z.boolean() });

/** A server that was started since has lost all locks, and that says nothing of who had them. */
const look = `select r.instance, r.seen::text as seen,
  pg_postmaster_start_time() <= r.seen and not ${isConnected('r.instance')} as is_free from cmk.replica r where r.name = $1`;

/** As it was found. */
export interface Namesake {
  readonly instance: string;
  /** When it was last heard of, as the database tells it. */
  readonly seen: string;
  /** Nobody held its lock. */
  readonly isFree: boolean;
  /** When it was found so, by a clock that is never set back; milliseconds. */
  readonly at: number;
}

/** Null: nobody goes by the name. */
export async function findNamesake(sql: Sql, name: string): Promise<Namesake | null> {
  const found = await selectOne(sql, Seen, look, [name]);
  if (found === null) return null;
  return { instance: found.instance, seen: found.seen, isFree: found.is_free, at: performance.now() };
}

/** Until enough has passed since it was found. */
export async function outwait({ isFree, at }: Namesake, beatMs: number): Promise<void> {
  const ms = at + (isFree ? watchedBeats : silentBeats) * beatMs - performance.now();
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whoever has the name is still the one that was found, was not heard of since, and has not taken its lock again. */
const take = `insert into cmk.replica as r values ($1, $2, $3, now()) on conflict (name) do update
  set instance = excluded.instance, workflow_version = excluded.workflow_version, seen = now()
  where r.instance = $4 and r.seen = $5::timestamptz and not ($6::boolean and ${isConnected('r.instance')})`;

/** Takes the name from whoever was found. False: somebody lives who goes by it, and nothing was changed. */
export async function takeName(sql: Sql, me: ReplicaIdentity, from: Namesake | null): Promise<boolean> {
  const who = [me.name, me.instance, me.workflowVersion];
  return (await change(sql, take, [...who, from?.instance ?? null, from?.seen ?? null, from?.isFree ?? false])) > 0;
}
