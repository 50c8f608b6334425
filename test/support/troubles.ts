/** What may happen to a bot on two replicas, to its database, to Teams and to Azure. */
import type { Balancer } from './balancer.ts';
import { runAs } from './postgres.ts';
import type { ShiftedClock } from './shifted-clock.ts';
import { cardsAbout, faultAzure, people, places } from './story.ts';
import type { Replica, World } from './world.ts';

export const troubles = [
  'kills of a replica',
  'restarts of a replica',
  'ends of all connections',
  'moves of the clock',
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
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Each of them may leave one more card than there should be. */
export const doubling: readonly Trouble[] = ['posts without an answer', 'kills of a replica'];

export interface Troubles {
  /** How often each came. */
  readonly met: ReadonlyMap<Trouble, number>;
  /** Starts one more replica. */
  startOne(): Promise<void>;
  bring(trouble: Trouble, id: string): Promise<void>;
}

/** All that may happen. What lasts is over when `bring` resolves. */
export function openTroubles(world: World, url: string, balancer: Balancer, clock: ShiftedClock): Troubles {
  const replicas = new Map<string, Replica>();
  const met = new Map<Trouble, number>();
  let started = 0;
  /** One at a time: somebody has to be there to go on. */
  let queue: Promise<void> = Promise.resolve();
  const alone = (act: () => Promise<void>): Promise<void> => {
    queue = queue.then(act);
    return queue;
  };
  const startOne = async (): Promise<void> => {
    started += 1;
    const name = `replica-${started}`;
    const replica = await world.startReplica(name);
    replicas.set(name, replica);
    balancer.to.add(replica.url);
  };
  const replaceOne = (how: 'SIGKILL' | 'SIGINT') => async (): Promise<void> => {
    const [name, replica] = [...replicas][0] ?? [];
    if (name === undefined || replica === undefined) return;
    replicas.delete(name);
    if (how === 'SIGINT') balancer.to.delete(replica.url);
    await replica.end(how);
    balancer.to.delete(replica.url);
    await startOne();
  };
  const spoilTeams = async (method: string, more: object): Promise<void> => {
    const fault = { match: { method, url: '/activities' }, times: 2, ...more };
    await world.teams.call('POST', '/simulator/faults', fault);
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
    'ends of all connections': () =>
      runAs(url, [
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      ]).catch(() => undefined),
    'moves of the clock': () =>
      alone(async () => {
        clock.shift((met.get('moves of the clock') ?? 0) % 2 === 0 ? day : -day);
        await pause(1_500);
        clock.shift(0);
        await pause(100);
      }),
    'posts refused': () => spoilTeams('POST', { respond: busy }),
    'posts without an answer': () => spoilTeams('POST', { drop: true, times: 1 }),
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
    startOne,
    bring: async (trouble, id) => {
      met.set(trouble, (met.get(trouble) ?? 0) + 1);
      await acts[trouble](id);
    },
  };
}
