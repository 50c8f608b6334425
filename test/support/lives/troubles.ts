/** What may happen to a bot on two replicas, to its database, to Teams and to Azure. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Balancer } from '../processes/balancer.ts';
import type { ShiftedClock } from '../processes/shifted-clock.ts';
import { runAs } from '../store/postgres.ts';
import { cardsAbout, faultAzure, people, places } from '../world/story.ts';
import type { Replica, World } from '../world/world.ts';

export const troubles = [
  'kills of a replica',
  'restarts of a replica',
  'ends of all replicas',
  'ends of all connections',
  'moves of the clock',
  'steps of the clock',
  'posts refused',
  'posts without an answer',
  'updates refused',
  'updates without an answer',
  'cards deleted',
  'writes of Azure refused',
  'reads of Azure refused',
] as const;
export type Trouble = (typeof troubles)[number];

const day = 86_400_000;
/** What machines differ by: nobody takes a clock for wrong that is so much ahead. */
export const stepMs = 15_000;

/** Each of them may leave one more card than there should be. */
export const doubling: readonly Trouble[] = ['posts without an answer', 'kills of a replica', 'ends of all replicas'];

interface Met {
  /** ISO 8601. */
  readonly at: string;
  readonly trouble: Trouble;
}

export type Troubles = ReturnType<typeof openTroubles>;

interface TroublesIn {
  readonly world: World;
  readonly url: string;
  readonly balancer: Balancer;
  readonly clock: ShiftedClock;
  /** What each replica is started with. */
  readonly env: NodeJS.ProcessEnv;
}

/** All that may happen. What lasts is over when `bring` resolves. */
export function openTroubles({ world, url, balancer, clock, env }: TroublesIn) {
  const replicas = new Map<string, Replica>();
  const met = new Map<Trouble, number>();
  /** Oldest first. */
  const log: Met[] = [];
  let started = 0;
  let endedByThemselves = 0;
  /** One at a time: somebody has to be there to go on. */
  let queue: Promise<void> = Promise.resolve();
  const alone = (act: () => Promise<void>): Promise<void> => {
    const done = queue.then(act);
    queue = done.catch(() => undefined);
    return done;
  };
  /** A start that ends with its connections to the database is made again, as whatever keeps it running does. */
  const startOne = async (left = 2): Promise<void> => {
    started += 1;
    const name = `replica-${started}`;
    const replica = await world.startReplica(name, env).catch((error: unknown) => {
      if (left === 0) throw error;
      return null;
    });
    if (replica === null) {
      endedByThemselves += 1;
      return startOne(left - 1);
    }
    replicas.set(name, replica);
    balancer.to.add(replica.url);
    void replica.ended.then(() => alone(() => startAgain(name))).catch(() => undefined);
  };
  /** As whatever keeps it running does where it ended by itself: it does that when others took it for dead. */
  const startAgain = async (name: string): Promise<void> => {
    const replica = replicas.get(name);
    if (replica === undefined) return;
    endedByThemselves += 1;
    replicas.delete(name);
    balancer.to.delete(replica.url);
    await startOne();
  };
  const endOne = async (name: string, replica: Replica, how: 'SIGKILL' | 'SIGINT'): Promise<void> => {
    replicas.delete(name);
    if (how === 'SIGINT') balancer.to.delete(replica.url);
    await replica.end(how);
    balancer.to.delete(replica.url);
  };
  const replaceOne = (how: 'SIGKILL' | 'SIGINT') => async (): Promise<void> => {
    const [first] = replicas;
    if (first === undefined) return;
    await endOne(...first, how);
    await startOne();
  };
  const replaceAll = async (): Promise<void> => {
    await Promise.all([...replicas].map((one) => endOne(...one, 'SIGKILL')));
    await pause(2_000);
    await Promise.all([startOne(), startOne()]);
  };
  const shiftFor = async (shiftMs: number, lastsMs: number): Promise<void> => {
    clock.shift(shiftMs);
    await pause(lastsMs);
    clock.shift(0);
    await pause(100);
  };
  const spoilTeams = async (method: string, more: object): Promise<void> => {
    const fault = { match: { method, url: '/activities' }, times: 2, ...more };
    await world.teams.call('POST', '/simulator/faults', fault);
  };
  let stopped = false;
  /** Noted when it is hit, which may be long after: until then it leaves no card behind. */
  const dropOnePost = async (): Promise<void> => {
    const id = randomUUID();
    await spoilTeams('POST', { id, drop: true, times: 1 });
    const waits = async (): Promise<boolean> =>
      JSON.stringify((await world.teams.call('GET', '/simulator/faults')).body).includes(id);
    const note = async (): Promise<void> => {
      while (!stopped && (await waits())) await pause(100);
      log.push({ at: new Date().toISOString(), trouble: 'posts without an answer' });
    };
    void note().catch(() => undefined);
  };
  const busy = {
    status: 429,
    headers: { 'retry-after': '1' },
    body: { error: { code: 'Throttled', message: 'Slow down.' } },
  };
  const outOfOrder = { respond: { status: 503, body: { error: { code: 'ServerBusy', message: 'Later, please.' } } } };
  const acts: Readonly<Record<Trouble, (id: string) => Promise<void>>> = {
    'kills of a replica': () => alone(replaceOne('SIGKILL')),
    'restarts of a replica': () => alone(replaceOne('SIGINT')),
    'ends of all replicas': () => alone(replaceAll),
    'ends of all connections': () =>
      runAs(url, [
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      ]).catch(() => undefined),
    'moves of the clock': () =>
      alone(() => shiftFor((met.get('moves of the clock') ?? 0) % 2 === 0 ? day : -day, 1_500)),
    'steps of the clock': () => alone(() => shiftFor(stepMs, 3_000)),
    'posts refused': () => spoilTeams('POST', { respond: busy }),
    'posts without an answer': dropOnePost,
    'updates refused': () => spoilTeams('PUT', { respond: busy }),
    'updates without an answer': () => spoilTeams('PUT', { drop: true }),
    'cards deleted': async (id) => {
      const [card] = await cardsAbout(world, places.operations, people.requester, id);
      if (card === undefined) return;
      await world.teams.call(
        'DELETE',
        `/v3/conversations/${encodeURIComponent(card.conversation.id)}/activities/${card.id}`,
      );
    },
    'writes of Azure refused': () =>
      faultAzure(world, { match: { method: 'PATCH', url: 'healthBots' }, times: 1, ...outOfOrder }),
    'reads of Azure refused': () =>
      faultAzure(world, { match: { method: 'GET', url: 'vaults' }, times: 2, ...outOfOrder }),
  };
  return {
    met,
    log,
    /** So many replicas ended by themselves; others were started for them. */
    get endedByThemselves() {
      return endedByThemselves;
    },
    startOne,
    /** From now on nothing is started any more. */
    stop: async (): Promise<void> => {
      stopped = true;
      replicas.clear();
      await queue;
    },
    bring: async (trouble: Trouble, id: string): Promise<void> => {
      met.set(trouble, (met.get(trouble) ?? 0) + 1);
      if (trouble !== 'posts without an answer') log.push({ at: new Date().toISOString(), trouble });
      await acts[trouble](id);
    },
  };
}
