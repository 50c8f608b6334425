import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cmkBot } from '../support/processes/command-line.ts';
import { clockOfFixture, putFixture, readFixture } from '../support/store/record-fixture.ts';
import { startStore } from '../support/store/store-client.ts';
import { scenario } from '../support/world/scenario.ts';

/**
 * A record from before there were seals, and a key that is not new to it: as on a server, or as somebody would have it who put
 * such a record in place of a sealed one. Only an operator can say that it is the one to go on with.
 */

const fixture = readFixture(2);
const clock = clockOfFixture(fixture);
const world = scenario({ own: { record: 'folder', env: clock.env } });
const { seq, hash } = fixture.head;

beforeAll(async () => {
  await world.endBot('SIGINT');
  await putFixture(world, fixture);
  const key = Buffer.from('a key that was there before, as said').toString('base64');
  await writeFile(path.join(world.dataDir, 'seal.key'), `${key}\n`, { mode: 0o600 });
});
afterAll(() => clock.remove());

const startsWith = (env: NodeJS.ProcessEnv): Promise<string> =>
  world.startBot(env).then(
    () => 'starts',
    (error: Error) => error.message,
  );
async function unsealedPeople(): Promise<unknown> {
  const store = await startStore(world.database);
  const [found] = await store.sql('select count(*)::int as rows from cmk.person where seal is null');
  await store.close();
  return found?.rows;
}
const verify = () => cmkBot(['audit', 'verify'], { CMK_DATA_DIR: world.dataDir });

test('is not acted on, and the end is named that somebody has to know', async () => {
  const said = await startsWith({});
  expect(said).toContain(`the ${seq} events in ${world.dataDir} have no seal`);
  expect(said).toContain(`CMK_TRUST_RECORD=${seq}:${hash}`);
  expect((await verify()).out).toContain('(seal-missing)');
});

test.each([
  ['another number', `${seq - 1}:${hash}`],
  ['another hash', `${seq}:${'0'.repeat(64)}`],
])('is not acted on with %s', async (_what, trusted) => {
  expect(await startsWith({ CMK_TRUST_RECORD: trusted })).toContain('have no seal');
});

test('is sealed as it is where its end is the one that is named, and said so', async () => {
  expect(await startsWith({ CMK_TRUST_RECORD: `${seq}:${hash}` })).toBe('starts');
  expect(world.printed()).toContain('events without a seal were sealed');
  await world.restartBot('SIGINT');
  await world.endBot('SIGINT');
  expect(await unsealedPeople()).toBe(0);
  const { code, out } = await verify();
  expect(code).toBe(0);
  expect(out).toContain(`Seals: 0 events sealed, ${seq} older events sealed later, checked.`);
});

test('with all seals taken away again is not acted on', async () => {
  const owner = await startStore(world.database);
  await owner.session("set session_replication_role = 'replica'", 'update cmk.event set seal = null, seal_key = null');
  await owner.close();
  expect(await startsWith({})).toContain('have no seal');
});

test('with some seals taken away is broken, whatever end is named', async () => {
  expect(await startsWith({ CMK_TRUST_RECORD: `${seq}:${hash}` })).toBe('starts');
  await world.endBot('SIGINT');
  const owner = await startStore(world.database);
  await owner.session(
    "set session_replication_role = 'replica'",
    'update cmk.event set seal = null, seal_key = null where seq = 3',
  );
  await owner.close();
  expect(await startsWith({ CMK_TRUST_RECORD: `${seq}:${hash}` })).toContain('(seal-missing)');
});
