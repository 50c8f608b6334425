import type { DatabaseOptions } from '../../src/store/database.ts';
import { startPostgres } from '../support/postgres.ts';
import { forkProgram } from '../support/prepared.ts';

/** Replicas that share a PostgreSQL: who is alive, and that no two share a name. */

const postgres = await startPostgres();

/** Quick enough not to wait for, slow enough that a machine with much to do keeps up. */
const beatMs = 500;

type Said = { readonly alive: readonly string[] } | { readonly error: string };

/** A replica under the name, once it has signed on or was refused. */
async function replica(database: DatabaseOptions, name: string) {
  const child = await forkProgram('store-replica', [JSON.stringify(database), name, `${beatMs}`]);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said = () => new Promise<Said>((resolve) => child.once('message', (message) => resolve(message as Said)));
  const first = await said();
  return {
    first,
    alive: () => {
      const answer = said();
      child.send('alive');
      return answer;
    },
    end: (signal: 'SIGKILL' | 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
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

  it('miss who was killed within seconds, and let the name be used again', async () => {
    const one = await replica(database, 'one');
    const two = await replica(database, 'two');
    await one.end('SIGKILL');
    expect(await two.alive()).toEqual({ alive: ['one', 'two'] });
    const again = await replica(database, 'one');
    expect(again.first).toEqual({ alive: ['one', 'two'] });
    await again.end('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 9 * beatMs));
    expect(await two.alive()).toEqual({ alive: ['two'] });
    await two.end('SIGTERM');
  });
});
