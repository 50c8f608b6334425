import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cmkBot, type Said } from '../support/command-line.ts';
import { runAs, startPostgres } from '../support/postgres.ts';
import {
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  untilFaultsAreMet,
  untilMended,
} from '../support/story.ts';
import { queryStore, readRecord, startWorld, type World } from '../support/world.ts';

/** From the folder to a server: what waited goes on there, and the chain is the one it was. */

const postgres = await startPostgres();
const onPostgres = postgres === null ? describe.skip : describe;
afterAll(() => postgres?.stop());

const lines = 'select * from cmk.event order by seq';
const everything = ['free_text', 'open_request', 'outbox', 'shown', 'conversation', 'person', 'document'] as const;

onPostgres('a record that is moved', () => {
  let world: World;
  let [owner, bot] = ['', ''];
  let [done, waiting] = ['', ''];
  const mark = (): string => path.join(world.dataDir, 'moved.json');

  const as = (url: string, user: string): string => Object.assign(new URL(url), { username: user }).href;
  const move = (to: string): Promise<Said> => cmkBot(['store', 'move', '--to', to, '--data', world.dataDir]);
  const newDatabase = async (): Promise<string> => (await postgres?.newDatabase()) ?? '';

  beforeAll(async () => {
    world = await startWorld({ record: 'folder' });
    const url = await newDatabase();
    const [its, ours] = [`owner_${randomUUID().slice(0, 8)}`, `bot_${randomUUID().slice(0, 8)}`];
    const name = new URL(url).pathname.slice(1);
    await runAs(url, [
      `create role ${its} login`,
      `create role ${ours} login`,
      `alter database ${name} owner to ${its}`,
    ]);
    [owner, bot] = [as(url, its), as(url, ours)];
  });
  afterAll(() => world?.end());

  const startThere = (): Promise<void> =>
    world.startBot({
      DATABASE_URL: bot,
      CMK_DATABASE_OWNER_URL: owner,
      CMK_DATA_DIR: '',
      CMK_SEAL_KEY_FILE: path.join(world.dataDir, 'seal.key'),
      CMK_ANCHOR: path.join(world.dataDir, 'anchor'),
      CMK_LOG_KEY_FILE: path.join(world.dataDir, 'log.key'),
    });

  test('is not moved from under a running bot', async () => {
    expect(await move(owner)).toMatchObject({ code: 2, err: expect.stringMatching(/in use by process \d+/) });
  });

  test('is not moved while a run is under way, but goes on where it is', async () => {
    done = await ask(world);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    await approve(world, people.approver, await approvalCard(world, done));
    await untilFaultsAreMet(world);
    await world.endBot('SIGKILL');
    expect(await move(owner)).toMatchObject({ code: 2, err: expect.stringContaining(`a run is under way: ${done}`) });
    await mendAzure(world);
    await world.startBot();
    await shows(world, places.operations, people.requester, done, /Succeeded/);
    waiting = await ask(world, choices.policies);
    await approvalCard(world, waiting);
    await world.endBot('SIGINT');
  });

  test('is not moved to a database that is in use', async () => {
    const used = await newDatabase();
    // By a move of which this folder knows nothing.
    expect(await move(used)).toMatchObject({ code: 0 });
    await rm(mark());
    expect(await move(used)).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is something in cmk.event'),
    });
    await expect(readFile(mark())).rejects.toThrow('ENOENT');
  });

  test('is not moved where it does not verify', async () => {
    const key = path.join(world.dataDir, 'seal.key');
    const own = await readFile(key, 'utf8');
    await writeFile(key, `${Buffer.alloc(32, 'other').toString('base64')}\n`);
    expect(await move(owner)).toMatchObject({ code: 2, err: expect.stringContaining('seal-key-unknown') });
    await writeFile(key, own);
  });

  test('arrives word for word, and a move that was cut short at the end is finished by saying it again', async () => {
    const before = await queryStore(world, lines);
    const beside = await contentOf(world);
    expect(await move(owner)).toMatchObject({ code: 0, err: '', out: expect.stringContaining('It verifies there') });
    await writeFile(mark(), (await readFile(mark(), 'utf8')).replace('"done":true', '"done":false'));
    expect(await move(owner)).toMatchObject({ code: 0, err: '' });
    const there = { database: { kind: 'postgres', url: owner } } as const;
    expect(await queryStore(there, lines)).toEqual(before);
    expect(await contentOf(there)).toEqual(beside);
    expect(await queryStore(world, lines)).toEqual(before);
  });

  test('is no longer gone on with where it was: no bot starts there, and nothing is decided', async () => {
    const refused = await world.startBot().then(
      () => '',
      (error: unknown) => String(error),
    );
    expect(refused).toMatch(/cmk-bot does not start: the record in .* was moved to 127\.0\.0\.1.* on /);
    const cancel = await cmkBot(['requests', 'cancel', waiting, '--data', world.dataDir]);
    expect(cancel).toMatchObject({ code: 2, err: expect.stringContaining('was moved to') });
    expect(await cmkBot(['audit', 'verify', '--data', world.dataDir])).toMatchObject({ code: 0, err: '' });
    expect(await move(owner)).toMatchObject({ code: 2, err: expect.stringContaining('was moved to') });
  });

  test('goes on where it is: what waited is approved and done, by a bot that does not own the tables', async () => {
    await startThere();
    await approve(world, people.approver, await approvalCard(world, waiting));
    await shows(world, places.operations, people.requester, waiting, /Succeeded/);
    const env = { DATABASE_URL: bot, CMK_SEAL_KEY_FILE: path.join(world.dataDir, 'seal.key') };
    // What was published before goes on to be published.
    const anchor = path.join(world.dataDir, 'anchor');
    const outside = ['--anchor', anchor, '--log-key', path.join(anchor, 'keys.txt')];
    const verified = await cmkBot(['audit', 'verify', ...outside], env);
    expect(verified).toMatchObject({ code: 0, err: '', out: expect.stringContaining('Requests: 2, all replayed') });
    await world.endBot('SIGINT');
    expect((await readRecord(world)).events(waiting).at(-1)).toBe('submitted');
  });
});

/** Each table as a text, and where its numbers go on. */
async function contentOf(there: Pick<World, 'database'>): Promise<unknown> {
  const tables = everything.map(
    (table) => `(select json_agg(row_to_json(t)::text order by row_to_json(t)::text collate "C") from cmk.${table} t)`,
  );
  const sequences = `(select json_object_agg(sequencename, last_value order by sequencename) from pg_sequences
    where schemaname = 'cmk')`;
  const text = [...tables, sequences].map((one, index) => `${one}::text as of_${index}`).join(', ');
  return (await queryStore(there, `select ${text}`)).map((row) => JSON.stringify(row));
}
