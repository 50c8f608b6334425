import { expect, test } from '@jest/globals';
import { scenario } from '../support/world/scenario.ts';
import {
  approvalCard,
  approve,
  ask,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  until,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { readRecord } from '../support/world/world.ts';

const world = scenario({ own: { inProcess: false } });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a replica that stands still before a write until another took its run over writes nothing more, in Azure or on the record', async () => {
  const id = await ask(world);
  const card = await approvalCard(world, id);
  // Azure is slow with the write before, until it holds up what the step after it reads.
  await faultAzure(world, {
    match: { method: 'PATCH', url: 'healthBots/triage-agent-prod' },
    times: 1,
    delayMs: 5_000,
  });
  await approve(world, people.approver, card);
  await untilFaultsAreMet(world);
  await faultAzure(world, { match: { method: 'GET', url: 'roleAssignments' }, ...untilMended });
  await untilFaultsAreMet(world);
  world.signalBot('SIGSTOP');
  await mendAzure(world);
  const other = await world.startReplica('two');
  const events = async () => (await readRecord(world)).events(id);
  await until(async () => (await events()).at(-1) === 'succeeded', 'the other one to end the run');
  const [done, rows, said] = [await writes(world), await events(), world.printed().length];
  expect(done.filter((write) => / 20[01]$/.test(write))).toHaveLength(4);
  world.signalBot('SIGCONT');
  await until(async () => /its claim was lost/.test(world.printed().slice(said)), 'it to give the run up');
  await pause(3_000);
  expect([await writes(world), await events()]).toEqual([done, rows]);
  await other.end('SIGINT');
  await shows(world, places.operations, people.requester, id, /Succeeded/);
  expect((await readRecord(world)).findings).toEqual([]);
});
