import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { cmkBot } from '../support/command-line.ts';
import type { SeenActivity } from '../support/local-teams.ts';
import { findPrograms, startPostgres } from '../support/postgres.ts';
import { runbook } from '../support/runbook.ts';
import { answered, approvalCard, approve, ask, choices, people, places, shows, writes } from '../support/story.ts';
import { readRecord, startWorld, type World } from '../support/world.ts';

/** The runbook's own commands, on both stores: what waited goes on, and what was decided after the backup is seen to be gone. */

const postgres = await startPostgres();
const tools = findPrograms('pg_dump', 'pg_restore');
if (tools === null) process.stderr.write('\nNOT TESTED: pg_dump and pg_restore are not there\n\n');
afterAll(() => postgres?.stop());

interface Store {
  readonly name: string;
  readonly there: boolean;
  /** Starts the world on it. */
  readonly start: () => Promise<World>;
  /** Keeps what is there, as the runbook has it; the bot runs afterwards. */
  readonly backUp: (world: World) => Promise<void>;
  /** Loses everything, and puts back what was kept. The bot is down before and after; returns what is to be set for the next start. */
  readonly restore: (world: World) => Promise<NodeJS.ProcessEnv>;
}

const kept = (world: World, name: string): string => path.join(world.dataDir, name);

const folder: Store = {
  name: 'the folder',
  there: true,
  start: () => startWorld({ record: 'folder' }),
  async backUp(world) {
    await world.endBot('SIGINT');
    await runbook('backup-folder', folderPlaces(world));
    await world.startBot();
  },
  async restore(world) {
    await runbook('restore-folder', folderPlaces(world));
    // What was published since contradicts it: it is said that this is meant.
    return { CMK_ANCHOR: kept(world, 'anchor-2'), CMK_LOG_NAME: 'cmk-bot/test/audit-2' };
  },
};
const folderPlaces = (world: World) => ({
  CMK_DATA_DIR: world.dataDir,
  BACKUP: kept(world, 'record.tgz'),
  KEY_BACKUP: kept(world, 'kept-keys'),
});

const newDatabase = async (): Promise<string> => (await postgres?.newDatabase()) ?? '';
const withTools = { PATH: `${tools ?? ''}:${process.env.PATH}` };

const server: Store = {
  name: 'PostgreSQL',
  there: postgres !== null && tools !== null,
  start: async () => startWorld({ env: { DATABASE_URL: await newDatabase() } }),
  async backUp(world) {
    if (world.database.kind !== 'postgres') throw new Error('it is not on PostgreSQL');
    const places = { CMK_DATABASE_OWNER_URL: world.database.url, BACKUP: kept(world, 'record.dump') };
    await runbook('backup-server', { ...withTools, ...places });
  },
  async restore(world) {
    const DATABASE_URL = await newDatabase();
    const places = { CMK_DATABASE_OWNER_URL: DATABASE_URL, BACKUP: kept(world, 'record.dump') };
    await runbook('restore-server', { ...withTools, ...places });
    return { DATABASE_URL };
  },
};

const onEach = (stores: readonly Store[]) => stores.map((store) => [store.name, store] as const);

describe.each(onEach([folder, server].filter(({ there }) => there)))(
  'a record that is restored from %s',
  (_name, store) => {
    let world: World;
    let set: NodeJS.ProcessEnv = {};
    let [done, waiting, later] = ['', '', ''];
    let laterCard: SeenActivity;

    afterAll(() => world?.end());

    const environment = (): NodeJS.ProcessEnv =>
      set.DATABASE_URL
        ? { ...set, CMK_SEAL_KEY_FILE: kept(world, 'server-seal.key') }
        : { CMK_DATA_DIR: world.dataDir };
    const verify = (...more: readonly string[]) => cmkBot(['audit', 'verify', ...more], environment());
    /** Its card says so already: it was shown before the backup was put back. */
    async function untilEnded(id: string): Promise<void> {
      for (let looks = 0; looks < 200; looks += 1) {
        const { out } = await cmkBot(['requests', 'list', '--json'], environment());
        const found: { id: string; state: string }[] = JSON.parse(out);
        if (found.some((one) => one.id === id && one.state === 'succeeded')) return;
        await sleep(200);
      }
      throw new Error(`${id} did not end`);
    }
    const ends = (id: string) => shows(world, places.operations, people.requester, id, /Succeeded/);

    test('has what was there when it was kept', async () => {
      world = await store.start();
      done = await ask(world);
      await approve(world, people.approver, await approvalCard(world, done));
      await ends(done);
      waiting = await ask(world, choices.policies);
      later = await ask(world, choices.test);
      laterCard = await approvalCard(world, later);
      await store.backUp(world);
      await approve(world, people.approver, laterCard);
      await ends(later);
      const url = world.database.kind === 'postgres' ? { DATABASE_URL: world.database.url } : {};
      const newest = await cmkBot(
        ['audit', 'export', '--format', 'jsonl'],
        'DATABASE_URL' in url ? url : { CMK_DATA_DIR: world.dataDir },
      );
      await writeFile(kept(world, 'newest.jsonl'), newest.out);
      await world.endBot('SIGINT');
      set = await store.restore(world);
      expect(await verify()).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringContaining('Requests: 3, all replayed'),
      });
    });

    test('is told from the one that was lost by what was exported since, and by nothing else', async () => {
      const compared = await verify('--against', kept(world, 'newest.jsonl'));
      expect(compared).toMatchObject({ code: 1, out: expect.stringContaining('export-differs') });
    });

    test('is not gone on with where more was published than it has, unless that is meant', async () => {
      if (set.CMK_ANCHOR === undefined) return;
      const refused = await world.startBot().then(
        () => '',
        (error: unknown) => String(error),
      );
      expect(refused).toMatch(
        /cmk-bot does not start: the published log .*record-shorter.*restored from an older copy on purpose/s,
      );
    });

    test('goes on: what waited is approved and done', async () => {
      await world.startBot(set);
      await approve(world, people.approver, await approvalCard(world, waiting));
      await ends(waiting);
    });

    test('waits again for what was decided since, and then finds it done: nothing is changed twice', async () => {
      const from = (await world.azureRequests()).length;
      expect(answered(await approve(world, people.approver, laterCard))).toContain('Approved, 1 of 1');
      await untilEnded(later);
      expect(await writes(world, from)).toEqual([]);
    });

    test('verifies with what came after it', async () => {
      await world.endBot('SIGINT');
      const database = set.DATABASE_URL ? ({ kind: 'postgres', url: set.DATABASE_URL } as const) : world.database;
      const record = await readRecord({ ...world, database });
      expect(record.findings).toEqual([]);
      expect(record.requests).toEqual([done, waiting, later]);
      for (const id of record.requests) expect(record.events(id).at(-1)).toBe('succeeded');
    });
  },
);
