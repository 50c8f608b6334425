import { describe, expect, test } from '@jest/globals';
import { scenario } from '../support/world/scenario.ts';
import {
  agentId,
  answered,
  approvalCard,
  approve,
  ask,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  type,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { queryStore, readRecord } from '../support/world/world.ts';

/** What a bot that is started again goes on with: an open form, a run that the engine lost. Kills: test/crash-all. */

const world = scenario({ own: {}, restoresAzure: true });

test('a form continues where it was', async () => {
  const form = await type(world, people.requester, '/enable-cmk');
  const inputs = { resource: agentId('triage-agent-prod') };
  await world.teams.click(people.requester, form.id, 'form.next', { inputs });
  await world.restartBot('SIGINT');
  const shown = await world.teams.click(people.requester, form.id, 'form.show');
  expect(answered(shown)).toContain('Which vault holds the key?');
  const next = await world.teams.click(people.requester, form.id, 'form.next', { inputs: { vault: 'kv-care-prod' } });
  expect(answered(next)).toContain('Which key of');
  await world.teams.click(people.requester, form.id, 'form.cancel');
});

const grant = { method: 'PUT', url: 'roleAssignments' };

/** A run that is in the middle of a write. */
async function running(): Promise<{ readonly id: string; readonly from: number }> {
  const id = await ask(world);
  const card = await approvalCard(world, id);
  const from = (await world.azureRequests()).length;
  await faultAzure(world, { match: grant, ...untilMended });
  await approve(world, people.approver, card);
  await untilFaultsAreMet(world);
  return { id, from };
}

describe('a run whose job was lost', () => {
  const lost: string[] = [];

  test('continues with the next start', async () => {
    const { id, from } = await running();
    await world.endBot('SIGKILL');
    await queryStore(world, 'delete from pgboss.job');
    await mendAzure(world);
    await world.startBot();
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    expect((await writes(world, from)).filter((write) => /20[01]$/.test(write))).toHaveLength(4);
    lost.push(id);
  });

  test('the record verifies', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    for (const id of lost) expect(record.events(id)).toEqual(expect.arrayContaining(['succeeded']));
    expect(world.printed()).not.toMatch(/unhandled|audit before|local-bot/i);
  });
});
