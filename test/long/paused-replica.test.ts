import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgres } from '../support/store/postgres.ts';
import {
  approvalCard,
  approve,
  ask,
  faultAzure,
  mendAzure,
  people,
  places,
  rememberAzure,
  shows,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { type AzureRequest, readRecord, startWorld, testOverrides, type World } from '../support/world/world.ts';

const postgres = await startPostgres();
afterAll(() => postgres?.stop());
const onPostgres = postgres === null ? describe.skip : describe;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Write {
  readonly method: string;
  readonly url: RegExp;
  /** The how manieth of its kind. */
  readonly nth: number;
}

/** The last look before that write was sent: where, as a pattern, and how often it was looked there until then. */
function lookBefore(all: readonly AzureRequest[], write: Write): { readonly url: string; readonly nth: number } {
  const sent = all.filter((one) => one.method === write.method && write.url.test(one.url))[write.nth - 1];
  const looks = all.slice(0, sent === undefined ? 0 : all.indexOf(sent)).filter((one) => one.method === 'GET');
  const path = looks.at(-1)?.url.split('?')[0] ?? '';
  const nth = looks.filter((one) => one.url.split('?')[0] === path).length;
  return { url: `${path.replaceAll(/[.\\]/g, '\\$&')}(\\?|$)`, nth };
}

onPostgres('a replica that stands still until others took it for dead, and then goes on', () => {
  let world: World;
  let putBack: () => Promise<void>;
  const env = testOverrides({ beatMs: 250 });

  /** What was asked of Azure in a run that nobody disturbed. */
  let usual: readonly AzureRequest[] = [];

  beforeAll(async () => {
    world = await startWorld({
      env: { ...env, DATABASE_URL: (await postgres?.newDatabase()) ?? '' },
    });
    putBack = await rememberAzure(world);
    const id = await ask(world);
    const card = await approvalCard(world, id);
    const from = (await world.azureRequests()).length;
    await approve(world, people.approver, card);
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    usual = (await world.azureRequests()).slice(from);
    await putBack();
  });
  afterAll(() => world?.end());

  /** The first replica is held up while Azure answers the look. */
  test.each([
    ['the identity', { method: 'PATCH', url: /healthBots\/triage-agent-prod\?/, nth: 1 }],
    ['the grant', { method: 'PUT', url: /roleAssignments\//, nth: 1 }],
    ['the vault', { method: 'PATCH', url: /vaults\/kv-care-prod\?/, nth: 1 }],
    ['the key', { method: 'PATCH', url: /healthBots\/triage-agent-prod\?/, nth: 2 }],
  ])(
    'held up in its last look before it changes %s: it writes nothing more, in Azure or on the record',
    async (_what, write) => {
      const { url, nth } = lookBefore(usual, write);
      expect(nth).toBeGreaterThan(0);
      const ended = world.printed().split('cmk-bot ends: ').length;
      const from = (await world.azureRequests()).length;
      const id = await ask(world);
      const card = await approvalCard(world, id);
      const match = { method: 'GET', url };
      await faultAzure(world, ...(nth > 1 ? [{ match, times: nth - 1, delayMs: 0 }] : []), { match, ...untilMended });
      await approve(world, people.approver, card);
      await untilFaultsAreMet(world);
      world.signalBot('SIGSTOP');
      await mendAzure(world);
      const other = await world.startReplica('two', env);
      const ends = async () => (await readRecord(world)).events(id).at(-1) === 'succeeded';
      for (const until = Date.now() + 60_000; Date.now() < until && !(await ends()); ) await pause(300);
      const done = (await writes(world, from)).length;
      const rows = (await readRecord(world)).events(id);
      world.signalBot('SIGCONT');
      await Promise.race([world.untilBotEnds(), pause(60_000)]);
      expect(world.printed().split('cmk-bot ends: ')).toHaveLength(ended + 1);
      expect((await writes(world, from)).slice(done)).toEqual([]);
      expect((await readRecord(world)).events(id)).toEqual(rows);
      await world.startBot();
      await other.end('SIGINT');
      await shows(world, places.operations, people.requester, id, /Succeeded/);
      await putBack();
    },
  );

  test('the record verifies', async () => {
    expect((await readRecord(world)).findings).toEqual([]);
  });
});
