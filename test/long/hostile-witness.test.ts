import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { keyLine, signingKey } from '../../src/audit/tlog/keys.ts';
import {
  type HostileAnswer,
  type HostileServer,
  hostileAnswers,
  startHostileServer,
} from '../support/attacks/hostile-server.ts';
import { ask, choices, until } from '../support/world/story.ts';
import { startWorld, type World } from '../support/world/world.ts';

/** Witnesses whose answers are made to harm: the record is published without them, and the bot ends when it is told to. */

const answers = Object.keys(hostileAnswers) as readonly HostileAnswer[];
/** What one answer may have, and what fits in the buffers of both sockets. */
const mostOfOneAnswer = 65_536 + 16 * 1_048_576;

let world: World;
let witnesses: HostileServer[];
beforeAll(async () => {
  witnesses = await Promise.all(answers.map(startHostileServer));
  const named = witnesses.map(({ url }, index) => {
    const key = signingKey(`witness.example/w${index}`, 'witness', Buffer.alloc(32, 40 + index)).verifier;
    return `${url} ${keyLine(key)}`;
  });
  world = await startWorld({
    record: 'folder',
    env: { CMK_CHECKPOINT_EVERY: '200ms', CMK_LOG_NAME: 'bot.example/audit', CMK_WITNESSES: named.join(',') },
  });
});
afterAll(async () => {
  await world.end();
  await Promise.all(witnesses.map((witness) => witness.stop()));
});

const published = async (): Promise<number> =>
  Number((await readFile(path.join(world.dataDir, 'anchor', 'checkpoint'), 'utf8').catch(() => '\n0')).split('\n')[1]);

test('the record is published without them, and no more of their answers is taken than one can have', async () => {
  await ask(world, choices.first);
  await until(async () => (await published()) === 1, 'the request is published');
  for (const [index, witness] of witnesses.entries()) {
    expect([answers[index], witness.calls() > 0]).toEqual([answers[index], true]);
    expect([answers[index], witness.sent() <= witness.calls() * mostOfOneAnswer]).toEqual([answers[index], true]);
  }
});

test('the bot ends when it is told to, while they answer', async () => {
  await world.endBot('SIGINT');
  expect(world.printed()).not.toContain('did not stop within');
});
