import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runAs, startPostgres } from '../support/store/postgres.ts';
import {
  answered,
  approvalCard,
  approve,
  ask,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** The bot's user may put in no events any more, while its heartbeats go on being stored. */

const postgres = await startPostgres();
const onPostgres = postgres === null ? describe.skip : describe;
afterAll(() => postgres?.stop());

onPostgres('a right that is taken away in mid-run', () => {
  let world: World;
  let url = '';
  const bot = `bot_${randomUUID().slice(0, 8)}`;

  beforeAll(async () => {
    url = (await postgres?.newDatabase()) ?? '';
    await runAs(url, [`create role ${bot} login`]);
    const own = Object.assign(new URL(url), { username: bot }).href;
    world = await startWorld({ env: { DATABASE_URL: own, CMK_DATABASE_OWNER_URL: url } });
  });
  afterAll(() => world?.end());

  test('the run waits for longer than the engine tries by itself, asks nobody, and goes on once it is given back', async () => {
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    answered(await approve(world, people.approver, card));
    await untilFaultsAreMet(world);
    await runAs(url, [`revoke insert on cmk.event from ${bot}`]);
    await mendAzure(world);
    // Eight tries of the engine, each after twice as long as the one before, take a minute.
    await pause(75_000);
    await runAs(url, [`grant insert on cmk.event to ${bot}`]);
    await shows(world, places.operations, people.requester, id, /Succeeded|Needs attention/, 60_000);
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.events(id).filter((event) => /attention|failed/.test(event))).toEqual([]);
    expect(record.events(id).at(-1)).toBe('succeeded');
    expect((await writes(world)).filter((write) => / 20[01]$/.test(write))).toHaveLength(4);
  }, 300_000);
});
