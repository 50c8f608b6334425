import { forkProgram } from '../support/jest/prepared.ts';
import { runAs } from '../support/store/postgres.ts';
import { newDatabase } from '../support/store/run-server.ts';
import { until } from '../support/world/story.ts';

/** Processes that share a PostgreSQL: which of them are running, and what ends a lease. */

/** Quick enough not to wait for, slow enough that a machine with much to do keeps up. */
const beatMs = 500;

interface Said {
  readonly alive: readonly string[];
  readonly state: string;
}
type Told = Said | { readonly gone: readonly string[] } | { readonly lost: true } | { readonly trouble: true };

/** A process with a lease of that id, once it has it. */
async function holder(url: string, instance: string, itsBeatMs = beatMs) {
  const child = await forkProgram('store-lease', [JSON.stringify({ kind: 'postgres', url }), instance, `${itsBeatMs}`]);
  let end: 'killed' | 'lost' = 'killed';
  const expired: string[] = [];
  const answers: ((said: Said) => void)[] = [];
  child.on('message', (message) => {
    const told = message as Told;
    if ('lost' in told) end = 'lost';
    else if ('gone' in told) expired.push(...told.gone);
    else if ('alive' in told) answers.shift()?.(told);
  });
  const ended = new Promise<string>((resolve) => child.once('exit', () => resolve(end)));
  const said = () => new Promise<Said>((resolve) => answers.push(resolve));
  await said();
  return {
    /** The leases that it deleted. */
    expired,
    ended,
    ask: () => {
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

describe('leases', () => {
  let url = '';

  beforeEach(async () => {
    url = await newDatabase();
  });

  it('are seen by all, and gone at once when they are released', async () => {
    const one = await holder(url, 'one');
    const two = await holder(url, 'two');
    expect(await one.ask()).toEqual({ alive: ['one', 'two'], state: 'valid' });
    await one.end('SIGTERM');
    expect(await two.ask()).toEqual({ alive: ['two'], state: 'valid' });
    await two.end('SIGTERM');
  });

  it('expire when their process was killed or stands still, and one that goes on ends', async () => {
    const [killed, still, two] = [await holder(url, 'killed'), await holder(url, 'still'), await holder(url, 'two')];
    still.pause();
    await killed.end('SIGKILL');
    expect((await two.ask()).alive).toEqual(['killed', 'still', 'two']);
    await until(async () => two.expired.length === 2, 'both have expired');
    expect(await two.ask()).toEqual({ alive: ['two'], state: 'valid' });
    still.goOn();
    expect(await still.ended).toBe('lost');
    expect((await two.ask()).alive).toEqual(['two']);
    await two.end('SIGTERM');
  });

  it('stay when the server ends all connections', async () => {
    const [one, two] = [await holder(url, 'one'), await holder(url, 'two')];
    const end =
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    for (let times = 0; times < 3; times += 1) {
      await runAs(url, [end]);
      await new Promise((resolve) => setTimeout(resolve, 2 * beatMs));
    }
    expect((await two.ask()).alive).toEqual(['one', 'two']);
    expect([...one.expired, ...two.expired]).toEqual([]);
    await Promise.all([one.end('SIGTERM'), two.end('SIGTERM')]);
  });

  it('permit nothing in their last heartbeat, nor once they were deleted', async () => {
    // No test lasts for one of its heartbeats.
    const one = await holder(url, 'one', 600_000);
    const age = (minutes: number) =>
      runAs(url, [`update cmk.replica set seen = now() - interval '${minutes} minutes'`]);
    await age(49);
    expect((await one.ask()).state).toBe('valid');
    await age(51);
    expect((await one.ask()).state).toBe('expiring');
    await runAs(url, ['delete from cmk.replica']);
    expect((await one.ask()).state).toBe('lost');
    await one.end('SIGKILL');
  });

  it('of an earlier version, under the name of its replica, expire as well', async () => {
    const one = await holder(url, 'one');
    await runAs(url, ["insert into cmk.replica values ('host', 'its-start', '1', now() - interval '1 hour')"]);
    await until(async () => one.expired.length > 0, 'it has expired');
    expect(one.expired).toEqual(['its-start']);
    await one.end('SIGTERM');
  });
});
