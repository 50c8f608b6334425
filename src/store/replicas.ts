/** Which replicas of the program are alive on this database. One is alive until it says goodbye, or another buries it. */
import type { Pool } from 'pg';
import { z } from 'zod';
import {
  type Arrival,
  type Heard,
  type ReplicaIdentity,
  ReplicaNameTaken,
  type Replicas,
} from '../domain/ports/store.ts';
import type { Database } from './database.ts';
import { isConnected, Lifeline } from './lifeline.ts';
import { findNamesake, type Namesake, outwait, takeName } from './namesake.ts';
import { change, type Sql, select, selectOne } from './sql.ts';

/** How often a replica says that it is alive, where nobody says otherwise. */
export const usualBeatMs = 1_000;
/** Not heard of for so many beats, it is dead: a process held up for a moment is not to be taken for one. */
const silentBeats = 8;
/** Where its connection has ended as well: enough for one that lives to have opened another. */
const goneBeats = 3;
/** Whoever did not get through itself for so long judges nobody before it got through for {@link goneBeats} again. */
const gapBeats = 2;

/** Whether an instance is alive, for use in other queries. */
export const aliveInstances = 'select instance from cmk.replica';

const Alive = z.object({ name: z.string(), workflow_version: z.string() });
const Name = z.object({ name: z.string() });

/** Whoever was held up for long, and whose name another process has taken meanwhile, does not take it back: false. */
const beat = async (sql: Sql, { name, instance, workflowVersion }: ReplicaIdentity): Promise<boolean> =>
  (await change(
    sql,
    `insert into cmk.replica as r values ($1, $2, $3, now()) on conflict (name) do update
      set seen = now() where r.instance = excluded.instance`,
    [name, instance, workflowVersion],
  )) > 0;

/** Runs are looked at when one leaves, for they may have been its own: `left` removes rows of replicas. */
const leaving = (left: string): string => `with gone as (${left} returning r.name),
  brought as (update cmk.outbox set due_at = $2 where kind = 'run' and due_at > $2 and exists (select 1 from gone))
  select name from gone`;

const dead = (beatMs: number): string => {
  const quiet = (beats: number): string => `r.seen < now() - interval '${beats * beatMs} milliseconds'`;
  return `${quiet(silentBeats)} or (${quiet(goneBeats)} and not ${isConnected('r.instance')})`;
};

const bury = async (sql: Sql, beatMs: number, { name }: ReplicaIdentity, now: Date): Promise<readonly string[]> => {
  const text = leaving(`delete from cmk.replica r where r.name <> $1 and (${dead(beatMs)})`);
  return (await select(sql, Name, text, [name, now.toISOString()])).map((row) => row.name);
};

const sayGoodbye = (sql: Sql, { instance }: ReplicaIdentity, now: Date): Promise<number> =>
  change(sql, leaving('delete from cmk.replica r where r.instance = $1'), [instance, now.toISOString()]);

/** Whether this replica got through to the database for long enough to tell another's silence from its own. */
function openSteadiness(beatMs: number): () => boolean {
  let since = performance.now();
  let last = since;
  return () => {
    const now = performance.now();
    if (now - last > gapBeats * beatMs) since = now;
    last = now;
    return now - since >= goneBeats * beatMs;
  };
}

export interface ReplicasOptions {
  /** The same for all replicas of a database: each judges the others by its own. */
  readonly beatMs: number;
  readonly clock: () => Date;
}

interface KeptHeard extends Heard {
  readonly onBeat: () => void;
}

interface Life extends Sql {
  hold(): Promise<void>;
  end(): Promise<void>;
}

/** The embedded database has one process alone, and one session. */
const onlyLife = (pool: Pool): Life => ({
  query: (text, values) => pool.query(text, values),
  hold: async () => undefined,
  end: async () => undefined,
});

/** Says again and again that this replica lives, and buries others. Returns what says it once, and what ends that. */
function keepBeating(life: Life, me: ReplicaIdentity, heard: KeptHeard, { beatMs, clock }: ReplicasOptions) {
  const isSteady = openSteadiness(beatMs);
  let stopped = false;
  /** The last one got through. */
  let isHeard = true;
  let beating: Promise<void> | null = null;
  const once = async (): Promise<void> => {
    await life.hold();
    const isMine = await beat(life, me);
    heard.onBeat();
    isHeard = true;
    if (stopped) return;
    if (!isMine) return heard.onNameTaken(new ReplicaNameTaken(me.name));
    const gone = isSteady() ? await bury(life, beatMs, me, clock()) : [];
    if (gone.length > 0) heard.onGone(gone);
  };
  const next = (): void => {
    if (stopped) return;
    beating ??= once()
      .catch((error: unknown) => {
        heard.onTrouble(error);
        const wasHeard = isHeard;
        isHeard = false;
        // The connection may have been lost in the middle: another one is there at once, or not for a while.
        return wasHeard;
      })
      .then((isAgain) => {
        beating = null;
        if (isAgain === true) next();
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
  async function signOn(me: ReplicaIdentity, given: Heard, namesake: Namesake | null): ReturnType<Arrival['signOn']> {
    const heard: KeptHeard = {
      ...given,
      onTrouble(error) {
        storing = false;
        given.onTrouble(error);
      },
      onBeat() {
        storing = true;
      },
    };
    let soon: () => void = () => undefined;
    const life = newSession === null ? onlyLife(pool) : new Lifeline(newSession, me.instance, () => soon());
    try {
      if (newSession === null) await change(pool, 'delete from cmk.replica');
      await life.hold();
      if (namesake !== null) await outwait(namesake, beatMs);
      if (!(await takeName(life, me, namesake))) throw new ReplicaNameTaken(me.name);
    } catch (error) {
      await life.end();
      throw error;
    }
    const beats = keepBeating(life, me, heard, options);
    soon = beats.next;
    return async () => {
      await beats.stop();
      await sayGoodbye(pool, me, clock());
      await life.end();
    };
  }
  return {
    isStoring: () => storing,
    async arrive(name) {
      const namesake = newSession === null ? null : await findNamesake(pool, name);
      return {
        signOn: ({ instance, workflowVersion }, given) => signOn({ name, instance, workflowVersion }, given, namesake),
      };
    },
    async isMine({ name, instance }) {
      const text = 'select name from cmk.replica where name = $1 and instance = $2';
      return (await selectOne(pool, Name, text, [name, instance])) !== null;
    },
    async alive() {
      const text = `select name, workflow_version from cmk.replica`;
      return (await select(pool, Alive, text)).map((row) => ({
        name: row.name,
        workflowVersion: row.workflow_version,
      }));
    },
  };
}
