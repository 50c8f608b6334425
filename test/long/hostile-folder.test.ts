import { spawnSync } from 'node:child_process';
import { lstat, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { unzipSync } from 'fflate';
import { keyLine, signingKey } from '../../src/audit/tlog/keys.ts';
import {
  type HostileAnswer,
  type HostileServer,
  hostileAnswers,
  startHostileServer,
} from '../support/attacks/hostile-server.ts';
import { type EvidenceWorld, startEvidenceWorld } from '../support/audit/evidence-world.ts';
import { ask, choices, until } from '../support/world/story.ts';

/**
 * A running bot, and someone who can write in the folder where its log is published, and nowhere else; then witnesses whose
 * answers are made to harm. What can lie in the folder under every name: test/long/hostile-log-writer.
 */

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

describe('witnesses whose answers are made to harm', () => {
  const answers = Object.keys(hostileAnswers) as readonly HostileAnswer[];
  /** What one answer may have, and what fits in the buffers of both sockets. */
  const mostOfOneAnswer = 65_536 + 16 * 1_048_576;
  let witnesses: HostileServer[] = [];

  beforeAll(async () => {
    witnesses = await Promise.all(answers.map(startHostileServer));
    const named = witnesses.map(({ url }, index) => {
      const key = signingKey(`witness.example/w${index}`, 'witness', Buffer.alloc(32, 40 + index)).verifier;
      return `${url} ${keyLine(key)}`;
    });
    await evidence.world.restartBot('SIGINT', { CMK_WITNESSES: named.join(',') });
  });
  afterAll(() => Promise.all(witnesses.map((witness) => witness.stop())));

  test('the record is published without them, and no more of their answers is taken than one can have', async () => {
    const events = await published();
    await ask(evidence.world, choices.policies);
    await until(async () => (await published()) === events + 1, 'the request is published');
    for (const [index, witness] of witnesses.entries()) {
      expect([answers[index], witness.calls() > 0]).toEqual([answers[index], true]);
      expect([answers[index], witness.sent() <= witness.calls() * mostOfOneAnswer]).toEqual([answers[index], true]);
    }
  });

  test('the bot ends when it is told to, while they answer', async () => {
    await evidence.world.endBot('SIGINT');
    expect(evidence.world.printed()).not.toContain('did not stop within');
  });
});
