/** Which replicas of the program are alive on this database. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { type ReplicaIdentity, ReplicaNameTaken, type Replicas } from '../domain/ports/store.ts';
import { change, type Sql, select, selectOne } from './sql.ts';

/** How often a replica says that it is alive, where nobody says otherwise. */
export const usualBeatMs = 1_000;
/** Not heard of for so many beats, it is dead: a process held up for a moment is not to be taken for one. */
const deadAfterBeats = 8;
/** Enough for a living namesake to have said so. */
const listenBeats = 3;

/** Whether an instance is alive, for use in other queries; compares with the database's clock, the only one all share. */
export const aliveInstances = (beatMs: number): string =>
  `select instance from cmk.replica where seen > now() - interval '${deadAfterBeats * beatMs} milliseconds'`;

const Seen = z.object({ instance: z.string(), seen: z.date() });
const Alive = z.object({ name: z.string(), workflow_version: z.string() });

const appear = (sql: Sql, { name, instance, workflowVersion }: ReplicaIdentity): Promise<number> =>
  change(
    sql,
    `insert into cmk.replica values ($1, $2, $3, now()) on conflict (name) do update
      set instance = excluded.instance, workflow_version = excluded.workflow_version, seen = now()`,
    [name, instance, workflowVersion],
  );

/** Whoever was held up for long, and whose name another process has taken meanwhile, does not take it back. */
const beat = (sql: Sql, { name, instance, workflowVersion }: ReplicaIdentity): Promise<number> =>
  change(
    sql,
    `insert into cmk.replica as r values ($1, $2, $3, now()) on conflict (name) do update
      set seen = now() where r.instance = excluded.instance`,
    [name, instance, workflowVersion],
  );

const namesake = (sql: Sql, name: string) =>
  selectOne(sql, Seen, 'select instance, seen from cmk.replica where name = $1', [name]);

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A namesake that was killed does not say anything any more; one that lives does within a few beats. */
async function listenForNamesake(sql: Sql, name: string, beatMs: number): Promise<void> {
  const before = await namesake(sql, name);
  if (before === null) return;
  await wait(listenBeats * beatMs);
  const after = await namesake(sql, name);
  if (after !== null && after.seen.getTime() !== before.seen.getTime()) throw new ReplicaNameTaken(name);
}

export interface ReplicasOptions {
  /** No other process can be on this database, so what is left there is a dead one's. */
  readonly alone: boolean;
  /** The same for all replicas of a database: each judges the others by its own. */
  readonly beatMs: number;
}

export function openReplicas(pool: Pool, { alone, beatMs }: ReplicasOptions): Replicas {
  return {
    async signOn(me, onTrouble) {
      if (alone) await change(pool, 'delete from cmk.replica');
      else await listenForNamesake(pool, me.name, beatMs);
      await appear(pool, me);
      await change(pool, "delete from cmk.replica where seen < now() - interval '1 day'");
      const timer = setInterval(() => void beat(pool, me).catch(onTrouble), beatMs);
      timer.unref();
      return async () => {
        clearInterval(timer);
        await change(pool, 'delete from cmk.replica where instance = $1', [me.instance]);
      };
    },
    async isMine({ name, instance }) {
      return (await namesake(pool, name))?.instance === instance;
    },
    async alive() {
      const text = `select name, workflow_version from cmk.replica where instance in (${aliveInstances(beatMs)})`;
      return (await select(pool, Alive, text)).map((row) => ({
        name: row.name,
        workflowVersion: row.workflow_version,
      }));
    },
  };
}
