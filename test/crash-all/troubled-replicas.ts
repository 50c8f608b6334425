/** Two replicas behind a balancer, and what may happen to them, to their database, to Teams and to Azure. */
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type ShiftedClock, shiftedClock } from '../support/processes/shifted-clock.ts';
import { listen, passOn } from '../support/processes/test-server.ts';
import { runAs } from '../support/store/postgres.ts';
import { cardsAbout, faultAzure, people, places } from '../support/world/story.ts';
import { type Replica, startWorld, type World } from '../support/world/world.ts';

export const troubles = [
  'replica killed',
  'replica restarted',
  'all replicas killed',
  'all connections ended',
  'clock moved',
  'posts refused',
  'post without an answer',
  'updates refused',
  'updates without an answer',
  'card deleted',
  'write of Azure refused',
  'reads of Azure refused',
] as const;
export type Trouble = (typeof troubles)[number];

/** Each of them can leave a second card behind. */
const doubling: readonly Trouble[] = ['post without an answer', 'replica killed', 'all replicas killed'];

const dayMs = 86_400_000;
const slowDown = {
  status: 429,
  headers: { 'retry-after': '1' },
  body: { error: { code: 'Throttled', message: 'Slow down.' } },
};
const serverBusy = { respond: { status: 503, body: { error: { code: 'ServerBusy', message: 'Later, please.' } } } };

/** What stands before several replicas: each call goes to the next one that lives, as behind a container host's own. */
type Balancer = Awaited<ReturnType<typeof startBalancer>>;

async function startBalancer(port: number) {
  /** Addresses of those that calls go to, `http://127.0.0.1:PORT`. */
  const to = new Set<string>();
  let turn = 0;
  const server = createServer((incoming, answer) => {
    turn += 1;
    const chosen = [...to][turn % Math.max(1, to.size)];
    if (chosen === undefined) answer.writeHead(502).end();
    else passOn(incoming, answer, chosen);
  });
  const { close } = await listen(server, port);
  return { to, close };
}

/** Starts another replica for each that ends, as a container host does. */
class Replicas {
  readonly #running = new Set<Replica>();
  readonly #world: World;
  readonly #balancer: Balancer;
  #started = 0;
  /** One change at a time: some replica has to go on. */
  #queue: Promise<void> = Promise.resolve();

  constructor(world: World, balancer: Balancer) {
    this.#world = world;
    this.#balancer = balancer;
  }

  alone(act: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Tries again if the start ends with its connections to the database. */
  async start(triesLeft = 2): Promise<void> {
    this.#started += 1;
    const replica = await this.#world.startReplica(`replica-${this.#started}`).catch((error: unknown) => {
      if (triesLeft === 0) throw error;
      return null;
    });
    if (replica === null) return this.start(triesLeft - 1);
    this.#running.add(replica);
    this.#balancer.to.add(replica.url);
    // A replica ends by itself if another took it for dead.
    void replica.ended.then(() => this.alone(() => this.#replaceLost(replica))).catch(() => undefined);
  }

  async #replaceLost(replica: Replica): Promise<void> {
    if (!this.#running.delete(replica)) return;
    this.#balancer.to.delete(replica.url);
    await this.start();
  }

  async #end(replica: Replica, how: 'SIGKILL' | 'SIGINT'): Promise<void> {
    this.#running.delete(replica);
    if (how === 'SIGINT') this.#balancer.to.delete(replica.url);
    await replica.end(how);
    this.#balancer.to.delete(replica.url);
  }

  async replaceOne(how: 'SIGKILL' | 'SIGINT'): Promise<void> {
    const [first] = this.#running;
    if (first === undefined) return;
    await this.#end(first, how);
    await this.start();
  }

  async replaceAll(): Promise<void> {
    await this.endAll('SIGKILL');
    await Promise.all([this.start(), this.start()]);
  }

  async endAll(how: 'SIGKILL' | 'SIGINT'): Promise<void> {
    await Promise.all([...this.#running].map((one) => this.#end(one, how)));
  }
}

export type TroubledWorld = Awaited<ReturnType<typeof startTroubledWorld>>;

async function deleteCard(world: World, id: string): Promise<void> {
  const [card] = await cardsAbout(world, places.operations, people.requester, id);
  if (card === undefined) return;
  const place = encodeURIComponent(card.conversation.id);
  await world.teams.call('DELETE', `/v3/conversations/${place}/activities/${card.id}`);
}

function actsOn(
  world: World,
  clock: ShiftedClock,
  replicas: Replicas,
): Readonly<Record<Trouble, (id: string) => Promise<unknown>>> {
  const ofTeams = (method: string, more: object) =>
    world.teams.call('POST', '/simulator/faults', { match: { method, url: '/activities' }, times: 2, ...more });
  return {
    'replica killed': () => replicas.alone(() => replicas.replaceOne('SIGKILL')),
    'replica restarted': () => replicas.alone(() => replicas.replaceOne('SIGINT')),
    'all replicas killed': () => replicas.alone(() => replicas.replaceAll()),
    'all connections ended': () =>
      runAs(world.databaseUrl, [
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      ]).catch(() => undefined),
    'clock moved': () =>
      replicas.alone(async () => {
        clock.shift(dayMs);
        await pause(1_500);
        clock.shift(0);
      }),
    'posts refused': () => ofTeams('POST', { respond: slowDown }),
    'post without an answer': () => ofTeams('POST', { drop: true, times: 1 }),
    'updates refused': () => ofTeams('PUT', { respond: slowDown }),
    'updates without an answer': () => ofTeams('PUT', { drop: true }),
    'card deleted': (id) => deleteCard(world, id),
    'write of Azure refused': () =>
      faultAzure(world, { match: { method: 'PATCH', url: 'healthBots' }, times: 1, ...serverBusy }),
    'reads of Azure refused': () =>
      faultAzure(world, { match: { method: 'GET', url: 'vaults' }, times: 2, ...serverBusy }),
  };
}

/** A world with two replicas in place of its bot. */
export async function startTroubledWorld(env: NodeJS.ProcessEnv) {
  const clock = shiftedClock();
  const world = await startWorld({ env: { ...env, ...clock.env } });
  await world.endBot('SIGINT');
  const balancer = await startBalancer(Number(new URL(world.botUrl).port));
  const replicas = new Replicas(world, balancer);
  await Promise.all([replicas.start(), replicas.start()]);
  const acts = actsOn(world, clock, replicas);
  const met = new Map<Trouble, number>();
  return {
    world,
    /** How often each trouble came. */
    met,
    /** Resolves when what lasts is over. */
    async bring(trouble: Trouble, id: string): Promise<void> {
      met.set(trouble, (met.get(trouble) ?? 0) + 1);
      await acts[trouble](id);
    },
    /** So many second cards can stand somewhere by now. */
    mostDoubled: (): number => doubling.reduce((sum, trouble) => sum + (met.get(trouble) ?? 0), 0),
    /** Ends the replicas as a host does that scales to zero. */
    stop: (): Promise<void> => replicas.alone(() => replicas.endAll('SIGINT')),
    async end(): Promise<void> {
      await replicas.alone(() => replicas.endAll('SIGKILL'));
      await balancer.close();
      await world.end();
      clock.remove();
    },
  };
}
