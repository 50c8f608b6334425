import { Client } from 'pg';
import type { DatabaseOptions } from '../../src/store/database.ts';
import { runAs, startPostgres } from '../support/postgres.ts';
import { forkProgram } from '../support/prepared.ts';
import { until } from '../support/story.ts';

/** Replicas that share a PostgreSQL: who is alive, and that no two share a name. */

const postgres = await startPostgres();

/** Quick enough not to wait for, slow enough that a machine with much to do keeps up. */
const beatMs = 500;

type Said = { readonly alive: readonly string[] } | { readonly error: string };
type Told =
  | Said
  | { readonly gone: readonly string[] }
  | { readonly taken: string }
  | { readonly tookMs: number }
  | { readonly looked: true }
  | { readonly trouble: true };

/** A replica under the name, which is only about to sign on. */
async function comingReplica(database: DatabaseOptions, name: string, itsBeatMs = beatMs) {
  const child = await forkProgram('store-replica', [JSON.stringify(database), name, `${itsBeatMs}`]);
  let taken = '';
  let tookMs = 0;
  const missed: (readonly string[])[] = [];
  const answers: ((said: Said) => void)[] = [];
  const troubles: (() => void)[] = [];
  let sayLooked: () => void = () => undefined;
  const looked = new Promise<void>((resolve) => {
    sayLooked = resolve;
  });
  child.on('message', (message) => {
    const told = message as Told;
    if ('taken' in told) taken = told.taken.split(':')[0] ?? '';
    else if ('tookMs' in told) tookMs = told.tookMs;
    else if ('gone' in told) missed.push(told.gone);
    else if ('looked' in told) sayLooked();
    else if ('trouble' in told) troubles.shift()?.();
    else answers.shift()?.(told);
  });
  const ended = new Promise<string>((resolve) => child.once('exit', () => resolve(taken)));
  const said = () => new Promise<Said>((resolve) => answers.push(resolve));
  const first = said();
  return {
    /** It has looked who goes by its name, and waits now. */
    looked,
    /** Once it has signed on, or was refused. */
    first,
    /** How long it took to take its name, once it was connected. */
    tookMs: () => tookMs,
    /** Who was found dead, those of one look together. */
    missed,
    untilTrouble: () => new Promise<void>((resolve) => troubles.push(resolve)),
    /** With what it said of its name, if that was taken. */
    ended,
    alive: () => {
      const answer = said();
      child.send('alive');
      return answer;
    },
    pause: () => child.kill('SIGSTOP'),
    goOn: () => child.kill('SIGCONT'),
    end: (signal: 'SIGKILL' | 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

/** A replica under the name, once it has signed on or was refused. */
async function replica(database: DatabaseOptions, name: string, itsBeatMs = beatMs) {
  const coming = await comingReplica(database, name, itsBeatMs);
  return { ...coming, first: await coming.first };
}

/** No test lasts so long: whoever beats so seldom speaks because something happened. */
const seldomMs = 600_000;

const lifelines = "datname = current_database() and application_name = 'cmk-bot lives'";
const endLifelines = `select pg_terminate_backend(pid) from pg_stat_activity where ${lifelines}`;

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/** Asks until it is answered with rows. */
async function untilRows(client: Client, query: string): Promise<void> {
  while ((await client.query(query)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

(postgres === null ? describe.skip : describe)('replicas', () => {
  let database: DatabaseOptions;

  beforeEach(async () => {
    database = { kind: 'postgres', url: (await postgres?.newDatabase()) ?? '', maxConnections: 2 };
  });
  afterAll(() => postgres?.stop());

  it('know each other, and miss who said goodbye at once', async () => {
    const one = await replica(database, 'one');
    const two = await replica(database, 'two');
    expect(two.first).toEqual({ alive: ['one', 'two'] });
    await one.end('SIGTERM');
    expect(await two.alive()).toEqual({ alive: ['two'] });
    await two.end('SIGTERM');
  });

  it('refuse a second one of the same name while the first lives', async () => {
    const one = await replica(database, 'one');
    const again = await replica(database, 'one');
    expect(again.first).toEqual({ error: expect.stringContaining('give each its own CMK_REPLICA') });
    expect(await one.alive()).toEqual({ alive: ['one'] });
    await Promise.all([one.end('SIGTERM'), again.end('SIGTERM')]);
  });

  it('miss who was killed sooner than who only stands still, and in the end both', async () => {
    const [one, still, two] = [
      await replica(database, 'one'),
      await replica(database, 'still'),
      await replica(database, 'two'),
    ];
    still.pause();
    await one.end('SIGKILL');
    expect(await two.alive()).toEqual({ alive: ['one', 'still', 'two'] });
    await until(async () => two.missed.length === 2, 'both are missed');
    expect(two.missed).toEqual([['one'], ['still']]);
    expect(await two.alive()).toEqual({ alive: ['two'] });
    await Promise.all([still.end('SIGKILL'), two.end('SIGTERM')]);
  });

  it('give the name of one that was killed away at once, and that of one that stands still after a while', async () => {
    const killed = await replica(database, 'killed');
    const still = await replica(database, 'still');
    still.pause();
    await killed.end('SIGKILL');
    const both = await Promise.all([replica(database, 'still'), replica(database, 'killed')]);
    const [waited, atOnce] = both.map(({ tookMs }) => tookMs());
    expect(waited).toBeGreaterThanOrEqual(3 * beatMs);
    expect(atOnce).toBeLessThan(waited ?? 0);
    still.goOn();
    expect(await still.ended).toBe('another replica named still is running');
    await Promise.all(both.map((one) => one.end('SIGTERM')));
  });

  it('are not missed when the server ends all connections, nor is their name given away', async () => {
    const one = await replica(database, 'one');
    const two = await replica(database, 'two');
    const { url } = database as Extract<DatabaseOptions, { kind: 'postgres' }>;
    const end =
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    for (let times = 0; times < 3; times += 1) {
      await runAs(url, [end]);
      await new Promise((resolve) => setTimeout(resolve, 2 * beatMs));
    }
    const again = await replica(database, 'one');
    expect(again.first).toEqual({ error: expect.stringContaining('give each its own CMK_REPLICA') });
    await new Promise((resolve) => setTimeout(resolve, 4 * beatMs));
    expect(await two.alive()).toEqual({ alive: ['one', 'two'] });
    expect([...one.missed, ...two.missed]).toEqual([]);
    await Promise.all([one.end('SIGTERM'), two.end('SIGTERM'), again.end('SIGTERM')]);
  });

  it('give the name of one that was killed away long before it was silent for a heartbeat', async () => {
    const killed = await replica(database, 'killed');
    const still = await replica(database, 'still');
    still.pause();
    await killed.end('SIGKILL');
    // Three beats of the one are less than one of the other.
    const both = await Promise.all([replica(database, 'still', 1_500), replica(database, 'killed', 8_000)]);
    const [waited, atOnce] = both.map(({ tookMs }) => tookMs());
    expect(waited).toBeGreaterThanOrEqual(3 * 1_500);
    expect(atOnce).toBeLessThan(waited ?? 0);
    still.goOn();
    expect(await still.ended).toBe('another replica named still is running');
    await Promise.all(both.map((one) => one.end('SIGTERM')));
  });

  it('give the name of one that was killed to one of two that come for it at once', async () => {
    const killed = await replica(database, 'one');
    await killed.end('SIGKILL');
    const two = await Promise.all([comingReplica(database, 'one', 4_000), comingReplica(database, 'one', 4_000)]);
    const first = await Promise.all(two.map((one) => one.first));
    expect(first.filter((one) => 'alive' in one)).toEqual([{ alive: ['one'] }]);
    expect(first.filter((one) => 'error' in one)).toEqual([
      { error: expect.stringContaining('give each its own CMK_REPLICA') },
    ]);
    await Promise.all(two.map((one) => one.end('SIGKILL')));
  });

  it('leave its name to one that lost its connection and is back while another waits for it', async () => {
    const { url } = database as Extract<DatabaseOptions, { kind: 'postgres' }>;
    const lives = await replica(database, 'one', seldomMs);
    lives.pause();
    await runAs(url, [endLifelines]);
    const again = await comingReplica(database, 'one', 12_000);
    await again.looked;
    lives.goOn();
    expect(await again.first).toEqual({ error: expect.stringContaining('give each its own CMK_REPLICA') });
    expect(await lives.alive()).toEqual({ alive: ['one'] });
    await Promise.all([lives.end('SIGTERM'), again.end('SIGTERM')]);
  });

  it('take the name of one that lost its connection and stands still, which ends with the first thing that it says', async () => {
    const { url } = database as Extract<DatabaseOptions, { kind: 'postgres' }>;
    const still = await replica(database, 'one', seldomMs);
    still.pause();
    await runAs(url, [endLifelines]);
    const again = await replica(database, 'one', 2_000);
    expect(again.first).toEqual({ alive: ['one'] });
    still.goOn();
    expect(await still.ended).toBe('another replica named one is running');
    expect(await again.alive()).toEqual({ alive: ['one'] });
    await again.end('SIGTERM');
  });

  it('say once more that they live, at once, where the connection ends while they say it', async () => {
    const { url } = database as Extract<DatabaseOptions, { kind: 'postgres' }>;
    const one = await replica(database, 'one', seldomMs);
    const [holder, watcher] = [await connected(url), await connected(url)];
    await holder.query('begin');
    await holder.query("update cmk.replica set seen = 'epoch'");
    // It speaks because its connection ended, and waits for the row.
    await untilRows(watcher, endLifelines);
    await untilRows(watcher, `${endLifelines} and wait_event_type = 'Lock'`);
    await one.untilTrouble();
    await holder.query('commit');
    await untilRows(watcher, "select from cmk.replica where seen > 'epoch'");
    await Promise.all([one.end('SIGTERM'), holder.end(), watcher.end()]);
  });
});
