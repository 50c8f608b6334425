import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cmkBot } from '../support/processes/command-line.ts';
import { mountSmallDisk, type SmallDisk } from '../support/processes/small-disk.ts';
import { startPostgres } from '../support/store/postgres.ts';
import { settingsOf } from '../support/world/operator-settings.ts';
import { answered, approvalCard, approve, ask, people, places, shows, until, writes } from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** A disk that is really full, under the database. Needs permission to mount a small one; without it, says so. */

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const megabytes = 120;

interface Place {
  readonly world: World;
  readonly disk: SmallDisk | null;
  end(): Promise<void>;
}

async function onServer(): Promise<Place> {
  let disk: SmallDisk | null = null;
  const server = await startPostgres({
    prepare: (folder, owner) => {
      disk = mountSmallDisk(folder, megabytes, owner ?? undefined);
    },
    settings: ['max_wal_size=32MB', 'min_wal_size=32MB'],
  });
  const world = await startWorld({ env: { DATABASE_URL: await server.newDatabase() } });
  return {
    world,
    disk,
    async end() {
      await world.end();
      // The folder stands for the mount: it can be removed once nothing is mounted there.
      await server.stop().catch(() => undefined);
      disk?.end();
    },
  };
}

describe('the disk of the database is full', () => {
  let place: Place;
  beforeAll(async () => {
    place = await onServer();
  });
  afterAll(() => place?.end());

  test('Azure is touched only by what is stored, the log says why, and the run goes on by itself once there is room', async () => {
    const { world, disk } = place;
    if (disk === null) {
      process.stderr.write('\nNOT TESTED with a full disk: mounting a small one is not allowed here\n\n');
      return;
    }
    const id = await ask(world);
    const card = await approvalCard(world, id);
    disk.fill();
    // What fits into pages that are there already is stored: it may take a few clicks until nothing does.
    const taken = (words: string): boolean => words.includes('Approved');
    const first = answered(await approve(world, people.approver, card));
    expect(taken(first) || first.includes('can’t save anything')).toBe(true);
    await until(
      async () => /"level":[45]0.*No space left on device/.test(world.printed()),
      'the log to say that there is no room',
    );
    const refusing = await fetch(`${world.botUrl}/readyz`);
    expect(await refusing.json()).toEqual({ status: 'ready', stores: false, because: 'disk-full' });
    expect(await (await fetch(`${world.botUrl}/metrics`)).text()).toMatch(
      /^cmk_store_refusals_total\{reason="disk-full"\} [1-9]/m,
    );
    const settings = { ...settingsOf(world), ...world.settings };
    const { code, out } = await cmkBot(['doctor', '--only', 'db/writes'], settings);
    expect(code).toBe(1);
    expect(out).toContain('refuses writes: its disk is full');
    await pause(5_000);
    // What fits in is carried out, and nothing else: each change in Azure follows its stored intent.
    const done = await writes(world);
    const intents = (await readRecord(world)).events(id).filter((event) => event.startsWith('step-intended'));
    expect(done.length).toBeLessThanOrEqual(intents.length);
    expect(done.length).toBeLessThan(4);
    disk.free();
    await until(
      async () => taken(first) || taken(answered(await approve(world, people.approver, card))),
      'the click to be taken',
    );
    await shows(world, places.operations, people.requester, id, /Succeeded/, 120_000);
    const freed = await fetch(`${world.botUrl}/readyz`);
    expect(await freed.json()).toEqual({ status: 'ready' });
    expect(await writes(world)).toHaveLength(4);
    expect((await readRecord(world)).findings).toEqual([]);
  });
});
