/** Three replicas on one PostgreSQL behind a balancer, of which one is killed every few seconds and a new one started. */
import { setTimeout as pause } from 'node:timers/promises';
import { crashSeed } from '../support/lives/chosen-cases.ts';
import { type Balancer, startBalancer } from '../support/processes/balancer.ts';
import type { Replica, World } from '../support/world/world.ts';

/** A replica is killed this long after the last one started; on a slow machine, later: see {@link startReplicas}. */
const killEveryMs = 4_000;

/** Numbers that the seed gives: the same ones each time. */
export function* numbers(): Generator<number, never> {
  for (let state = crashSeed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}

export interface KilledReplicas {
  /** Does the work while replicas are killed. Returns how many were. */
  killDuring(work: () => Promise<void>): Promise<number>;
  close(): Promise<void>;
}

/**
 * Ends the world's own bot, and starts three replicas in its place. Where starting one takes long, the next kill waits twice as
 * long: else a slow machine does nothing but start replicas.
 */
export async function startReplicas(world: World): Promise<KilledReplicas> {
  await world.endBot('SIGINT');
  const balancer: Balancer = await startBalancer(Number(new URL(world.botUrl).port));
  const replicas = new Map<string, Replica>();
  let started = 0;
  let startTookMs = 0;
  const startOne = async (): Promise<void> => {
    started += 1;
    const began = performance.now();
    const name = `replica-${started}`;
    const replica = await world.startReplica(name);
    startTookMs = performance.now() - began;
    replicas.set(name, replica);
    balancer.to.add(replica.url);
  };
  const killOne = async (choice: number): Promise<void> => {
    const all = [...replicas];
    const [name, replica] = all[Math.floor(choice * all.length)] ?? [];
    if (name === undefined || replica === undefined) return;
    replicas.delete(name);
    balancer.to.delete(replica.url);
    await replica.end('SIGKILL');
    await startOne();
  };
  await Promise.all([startOne(), startOne(), startOne()]);
  return {
    async killDuring(work) {
      let [isDone, kills] = [false, 0];
      const killer = (async () => {
        for (const choice of numbers()) {
          // The first one soon: on a fast machine the work can be done before another.
          await pause(kills === 0 ? 500 : Math.max(killEveryMs, 2 * startTookMs));
          if (isDone) return;
          kills += 1;
          await killOne(choice);
        }
      })();
      try {
        await work();
      } finally {
        isDone = true;
        await killer;
      }
      return kills;
    },
    close: () => balancer.close(),
  };
}
