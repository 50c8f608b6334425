import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgres } from '../support/postgres.ts';
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
  writes,
} from '../support/story.ts';
import { readRecord, startWorld, type World } from '../support/world.ts';

const postgres = await startPostgres();
afterAll(() => postgres?.stop());
const onPostgres = postgres === null ? describe.skip : describe;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

onPostgres('a replica that stands still until others took it for dead, and then goes on', () => {
  let world: World;
  let putBack: () => Promise<void>;
  const env = { CMK_HEARTBEAT: '250ms' };

  beforeAll(async () => {
    world = await startWorld({
      env: { ...env, DATABASE_URL: (await postgres?.newDatabase()) ?? '', CMK_REPLICA: 'one' },
    });
    putBack = await rememberAzure(world);
  });
  afterAll(() => world?.end());

  /** The last look before each of the four writes; the first replica is held up while Azure answers it. */
  test.each([
    ['the agent, before its identity', 'healthBots/triage-agent-prod\\?', 3],
    ['the agent, before the grant', 'healthBots/triage-agent-prod\\?', 7],
    ['the vault', 'vaults/kv-care-prod\\?', 6],
    ['the agent, before its key', 'healthBots/triage-agent-prod\\?', 9],
  ])('held up while it looked at %s: it writes nothing more, in Azure or on the record', async (_what, url, nth) => {
    const ended = world.printed().split('cmk-bot ends: run 1 of ').length;
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    const match = { method: 'GET', url };
    await faultAzure(world, ...(nth > 1 ? [{ match, times: nth - 1, delayMs: 0 }] : []), {
      match,
      times: 1,
      delayMs: 1_500,
    });
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
    await Promise.race([world.untilBotEnds(), pause(20_000)]);
    expect(world.printed().split('cmk-bot ends: run 1 of ')).toHaveLength(ended + 1);
    expect((await writes(world, from)).slice(done)).toEqual([]);
    expect((await readRecord(world)).events(id)).toEqual(rows);
    await world.startBot();
    await other.end('SIGINT');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    await putBack();
  });

  test('the record verifies', async () => {
    expect((await readRecord(world)).findings).toEqual([]);
  });
});
