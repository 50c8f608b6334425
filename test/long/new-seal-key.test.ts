import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cmkBot } from '../support/processes/command-line.ts';
import { approvalCard, approve, ask, cardsAbout, people, places, shows } from '../support/world/story.ts';
import { queryStore, startWorld, type World } from '../support/world/world.ts';

/** The seal key of a bot is replaced, as docs/operate/rotate-secrets.md says, while a request waits. */

let world: World;
let file: string;
beforeAll(async () => {
  world = await startWorld();
  file = path.join(world.dataDir, 'server-seal.key');
});
afterAll(() => world?.end());

const rows = ['person', 'conversation', 'shown'].map((table) => `select seal from cmk.${table}`);
const sealed = async (): Promise<readonly string[]> => {
  const documents = await queryStore(world, 'select seal_key as seal from cmk.document');
  const others = await queryStore(world, rows.join(' union all '));
  return [...new Set([...documents, ...others].map(({ seal }) => String(seal).split(':')[0] ?? ''))];
};

test('the request goes on in its own cards, and nothing is left that the old key has sealed', async () => {
  const id = await ask(world);
  const [before] = await sealed();
  await world.endBot('SIGINT');
  const settings = { DATABASE_URL: world.databaseUrl, CMK_SEAL_KEY_FILE: file };
  const { out } = await cmkBot(['audit', 'verify'], settings);
  const [, seq = '', hash = ''] = /The log ends at event (\d+), ([\da-f]{64})\./.exec(out) ?? [];
  const [old] = (await readFile(file, 'utf8')).split('\n');
  const withEnd = (end: number) =>
    writeFile(file, `${old} until ${end} ${hash}\n${Buffer.alloc(32, 9).toString('base64')}\n`);
  await withEnd(Number(seq) + 1);
  expect((await cmkBot(['audit', 'verify'], settings)).out).toContain(`last seq: at least ${Number(seq) + 1}`);
  await withEnd(Number(seq));
  await world.startBot();
  const now = await sealed();
  expect(now).toHaveLength(1);
  expect(now).not.toContain(before);
  const cards = await cardsAbout(world, places.operations, people.requester, id);
  await approve(world, people.approver, await approvalCard(world, id));
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  expect(await cardsAbout(world, places.operations, people.requester, id)).toHaveLength(cards.length);
  expect((await cmkBot(['audit', 'verify'], settings)).out).toContain('2 seal keys, checked.');
});
