import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { cmkBot } from '../support/processes/command-line.ts';
import { findPrograms } from '../support/store/postgres.ts';
import { newDatabase } from '../support/store/run-server.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { runbook } from '../support/world/runbook.ts';
import {
  answered,
  approvalCard,
  approve,
  ask,
  choices,
  people,
  places,
  shows,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** The runbook's own commands: what waited continues, and what was decided after the backup is seen to be gone. */

const tools = findPrograms('pg_dump', 'pg_restore');
if (tools === null) process.stderr.write('\nNOT TESTED: pg_dump and pg_restore are not there\n\n');

const kept = (world: World, name: string): string => path.join(world.dataDir, name);
const withTools = { PATH: `${tools ?? ''}:${process.env.PATH}` };

const logs = mkdtempSync(path.join(os.tmpdir(), 'cmk-restored-'));
afterAll(() => rmSync(logs, { recursive: true, force: true }));
const logKey = path.join(logs, 'log.key');
writeFileSync(logKey, `${Buffer.alloc(32, 9).toString('base64')}\n`, { mode: 0o600 });
/** Where the log is published, and where it is after the restore: what was published contradicts an older database. */
const published = (name: string) => ({ CMK_ANCHOR: path.join(logs, name), CMK_LOG_KEY_FILE: logKey });
const publishedAnew = { ...published('after'), CMK_LOG_NAME: 'cmk-bot/test/audit-2' };

async function backUp(world: World): Promise<void> {
  const places = { CMK_DATABASE_OWNER_URL: world.databaseUrl, BACKUP: kept(world, 'record.dump') };
  await runbook('backup-server', { ...withTools, ...places });
}

/** Into another database, as if the first were lost; returns its address. */
async function restore(world: World): Promise<string> {
  const url = await newDatabase();
  await runbook('restore-server', { ...withTools, CMK_DATABASE_OWNER_URL: url, BACKUP: kept(world, 'record.dump') });
  return url;
}

const withPrograms = tools === null ? describe.skip : describe;

withPrograms('a record that is restored', () => {
  let world: World;
  let restored = '';
  let done = '';
  let waiting = '';
  let later = '';
  let laterCard: SeenActivity;

  afterAll(() => world?.end());

  const environment = (): NodeJS.ProcessEnv => ({
    DATABASE_URL: restored,
    CMK_SEAL_KEY_FILE: kept(world, 'server-seal.key'),
  });
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
    world = await startWorld({ env: { DATABASE_URL: await newDatabase(), ...published('before') } });
    done = await ask(world);
    await approve(world, people.approver, await approvalCard(world, done));
    await ends(done);
    waiting = await ask(world, choices.policies);
    later = await ask(world, choices.test);
    laterCard = await approvalCard(world, later);
    await backUp(world);
    await approve(world, people.approver, laterCard);
    await ends(later);
    const newest = await cmkBot(['audit', 'export', '--format', 'jsonl'], world.settings);
    await writeFile(kept(world, 'newest.jsonl'), newest.out);
    await world.endBot('SIGINT');
    restored = await restore(world);
    expect(await verify()).toMatchObject({ code: 0, err: '', out: expect.stringContaining('verified: ') });
  });

  test('is told from the one that was lost by what was exported since, and by nothing else', async () => {
    const compared = await verify('--against', kept(world, 'newest.jsonl'));
    expect(compared).toMatchObject({ code: 1, out: expect.stringContaining('export-differs') });
  });

  test('is not gone on with where more was published than it has, unless that is meant', async () => {
    const refused = await world.startBot({ DATABASE_URL: restored }).then(
      () => '',
      (error: unknown) => String(error),
    );
    expect(refused).toMatch(
      /cmk-bot does not start: the published log .*record-shorter.*restored an older one on purpose/s,
    );
  });

  test('goes on: what waited is approved and done', async () => {
    await world.startBot({ DATABASE_URL: restored, ...publishedAnew });
    await approve(world, people.approver, await approvalCard(world, waiting));
    await ends(waiting);
  });

  test('waits again for what was decided since, and then finds it done: nothing is changed twice', async () => {
    const from = (await world.azureRequests()).length;
    expect(answered(await approve(world, people.approver, laterCard))).toContain('Approved: 1 of 1');
    await untilEnded(later);
    expect(await writes(world, from)).toEqual([]);
  });

  test('verifies with what came after it', async () => {
    await world.endBot('SIGINT');
    const record = await readRecord({ ...world, databaseUrl: restored });
    expect(record.findings).toEqual([]);
    expect(record.requests).toEqual([done, waiting, later]);
    for (const id of record.requests) expect(record.events(id).at(-1)).toBe('succeeded');
  });
});
