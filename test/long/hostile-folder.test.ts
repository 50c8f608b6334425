import { spawnSync } from 'node:child_process';
import { lstat, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { unzipSync } from 'fflate';
import { type EvidenceWorld, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { approvalCard, ask, choices, people, until } from '../support/world/story.ts';

/** A running bot, and someone who can write in the folder where its log is published, and nowhere else. */

let evidence: EvidenceWorld;
let id: string;
beforeAll(async () => {
  evidence = await startEvidenceWorld({ record: 'folder', env: { CMK_CHECKPOINT_EVERY: '200ms' } });
  id = await ask(evidence.world, choices.first);
  await until(async () => (await published()) > 0, 'the request is published');
});
afterAll(() => evidence.end());

const anchor = (name: string): string => path.join(evidence.world.dataDir, 'anchor', name);
const sealKey = (): Promise<string> => readFile(path.join(evidence.world.dataDir, 'seal.key'), 'utf8');
const published = async (): Promise<number> =>
  Number((await readFile(anchor('checkpoint'), 'utf8').catch(() => '\n0')).split('\n')[1]);
const printed = (words: string, since: number): boolean => evidence.world.printed().slice(since).includes(words);

test('a link to the key of the seals, as keys.txt, gets it into no pack', async () => {
  let taking = true;
  // As often as the bot replaces it.
  const linking = (async () => {
    while (taking) {
      await rm(anchor('keys.txt'), { force: true });
      await symlink(path.join(evidence.world.dataDir, 'seal.key'), anchor('keys.txt')).catch(() => undefined);
      await setImmediate();
    }
  })();
  const secret = (await sealKey()).split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
  expect(secret.length).toBeGreaterThan(40);
  try {
    for (const name of ['one.zip', 'two.zip', 'three.zip']) {
      const pack = unzipSync(await readFile(await evidence.take(id, name)));
      for (const [file, bytes] of Object.entries(pack))
        expect([file, Buffer.from(bytes).includes(secret)]).toEqual([file, false]);
    }
  } finally {
    taking = false;
    await linking;
  }
});

test('links under names that temporary files had overwrite nothing', async () => {
  const before = await sealKey();
  for (const name of ['checkpoint.new', 'keys.txt.new'])
    await symlink(path.join(evidence.world.dataDir, 'seal.key'), anchor(name));
  const events = await published();
  await evidence.world.teams.click(people.approver, (await approvalCard(evidence.world, id)).id, 'request.reject', {
    inputs: { comment: 'Not this week' },
  });
  await until(async () => (await published()) > events, 'the rejection is published');
  expect(await sealKey()).toBe(before);
});

test('a pipe as the newest checkpoint holds up neither the bot, nor its end, nor its start, and is named in the log', async () => {
  const since = evidence.world.printed().length;
  // A checkpoint that is being written takes the pipe's place.
  const placePipe = async (): Promise<void> => {
    if ((await lstat(anchor('checkpoint')).catch(() => null))?.isFile() === true)
      await rename(anchor('checkpoint'), anchor('kept'));
    if ((await lstat(anchor('checkpoint')).catch(() => null)) === null) spawnSync('mkfifo', [anchor('checkpoint')]);
  };
  await until(async () => {
    await placePipe();
    return printed('is a symbolic link, or not a plain file', since);
  }, 'the pipe is named');
  await evidence.world.restartBot('SIGINT');
  expect((await fetch(`${evidence.world.botUrl}/readyz`)).status).toBe(200);
  await rename(anchor('kept'), anchor('checkpoint'));
  const events = await published();
  await ask(evidence.world, choices.test);
  await until(async () => (await published()) > events, 'what came later is published');
});
