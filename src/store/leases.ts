/**
 * Leases of running processes, in the table `cmk.replica`, by the database's time. Each start of the process has its own
 * lease, and heartbeats renew it. Any running process deletes expired leases and takes over their holders' work. A deleted
 * lease is never renewed: its holder must end.
 */
import { z } from 'zod';
import type { LeaseEvents, Leases, ProcessIdentity } from '../domain/ports/store.ts';
import type { Database } from './database.ts';
import type { DatabaseClock } from './database-clock.ts';
import { changedRows, type Sql, select, selectOne } from './sql.ts';

export const defaultBeatMs = 1_000;
/** Lifetime of a lease in heartbeats. A process that is delayed briefly misses fewer. */
const ttlBeats = 6;
/** A process whose own heartbeats had such a gap deletes no leases until they were regular for {@link steadyBeats}. */
const gapBeats = 2;
const steadyBeats = 3;

/** SQL: instance IDs of running processes, for use in other queries. */
export const aliveInstances = 'select instance from cmk.replica';

/** Earlier versions also compare the name, which they set themselves. */
const insert = 'insert into cmk.replica (name, instance, workflow_version, seen) values ($1, $1, $2, now())';
const renew = 'update cmk.replica set seen = now() where instance = $1 returning clock_timestamp() as now';

const Instance = z.object({ instance: z.string() });
const Alive = z.object({ instance: z.string(), workflow_version: z.string() });
const Now = z.object({ now: z.date() });
const Held = z.object({ valid: z.boolean() });

/** SQL: deletes leases, and makes every run due at once, because it might be one of theirs. */
const deleting = (
  condition: string,
): string => `with gone as (delete from cmk.replica r where ${condition} returning r.instance),
  brought as (update cmk.outbox set due_at = now() where kind = 'run' and due_at > now() and exists (select 1 from gone))
  select instance from gone`;

const silentFor = (ms: number): string => `r.seen < now() - interval '${ms} milliseconds'`;

async function deleteExpired(sql: Sql, { instance }: ProcessIdentity, beatMs: number): Promise<readonly string[]> {
  const text = deleting(`r.instance <> $1 and ${silentFor(ttlBeats * beatMs)}`);
  return (await select(sql, Instance, text, [instance])).map((row) => row.instance);
}

/** Returns whether this process's own heartbeats were regular for long enough to judge others' heartbeats. */
function openSteadiness(beatMs: number): () => boolean {
  let since = performance.now();
  let last = since;
  return () => {
    const now = performance.now();
    if (now - last > gapBeats * beatMs) since = now;
    last = now;
    return now - since >= steadyBeats * beatMs;
  };
}

function startHeartbeats(
  sql: Sql,
  me: ProcessIdentity,
  events: Omit<LeaseEvents, 'onTrouble'> & {
    onTrouble(error: unknown): void;
    onBeat(now: Date | null, askedAt: number): void;
  },
  beatMs: number,
) {
  const isSteady = openSteadiness(beatMs);
  let stopped = false;
  let lastSucceeded = true;
  let beating: Promise<void> | null = null;
  const once = async (): Promise<void> => {
    const askedAt = performance.now();
    const renewed = await selectOne(sql, Now, renew, [me.instance]);
    events.onBeat(renewed?.now ?? null, askedAt);
    lastSucceeded = true;
    if (stopped) return;
    if (renewed === null) return events.onLost();
    const expired = isSteady() ? await deleteExpired(sql, me, beatMs) : [];
    if (expired.length > 0) events.onExpired(expired);
  };
  const next = (): void => {
    if (stopped) return;
    beating ??= once()
      .catch((error: unknown) => {
        events.onTrouble(error);
        // Retries once immediately: the connection might have been lost, and a new one is usually available.
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
  return async (): Promise<void> => {
    stopped = true;
    clearInterval(timer);
    await beating;
  };
}

/** Opens the port. `beatMs`: the interval between heartbeats. It must be the same for all processes of a database. */
export function openLeases(
  { pool, leasePool }: Pick<Database, 'pool' | 'leasePool'>,
  beatMs: number,
  clock: Pick<DatabaseClock, 'heard'>,
): Leases {
  let storing = true;
  return {
    isWritable: () => storing,
    async acquire(me, events) {
      await changedRows(leasePool, insert, [me.instance, me.workflowVersion]);
      let renewedAt = performance.now();
      const handlers = {
        ...events,
        onTrouble(error: unknown) {
          storing = false;
          events.onTrouble(error, Math.max(0, Math.round((performance.now() - renewedAt - beatMs) / 1_000)));
        },
        onBeat(now: Date | null, askedAt: number) {
          storing = true;
          renewedAt = askedAt;
          if (now !== null) clock.heard(now, askedAt);
        },
      };
      const stop = startHeartbeats(leasePool, me, handlers, beatMs);
      return async () => {
        await stop();
        await select(pool, Instance, deleting('r.instance = $1'), [me.instance]);
      };
    },
    async state(instance) {
      // Valid for as long as the caller uses the answer (`fencing.ts`).
      const text = `select not ${silentFor((ttlBeats - 1) * beatMs)} as valid from cmk.replica r where r.instance = $1`;
      const held = await selectOne(pool, Held, text, [instance]);
      if (held === null) return 'lost';
      return held.valid ? 'valid' : 'expiring';
    },
    async alive() {
      const rows = await select(pool, Alive, 'select instance, workflow_version from cmk.replica');
      return rows.map(({ instance, workflow_version: workflowVersion }) => ({ instance, workflowVersion }));
    },
  };
}
