import { describe, expect, test } from '@jest/globals';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
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

/** What may happen to the engine's own tables while the bot is down. */
const losses = [
  ['the engine lost its tables', 'delete from dbos.workflow_status', 'doesn’t know this run'],
  ['the run is another version’s', "update dbos.workflow_status set application_version = '0'", 'workflow version 0'],
  ['the run ended in an error', "update dbos.workflow_status set status = 'ERROR', error = null", 'ended as ERROR'],
] as const;

describe('a run that nobody goes on with', () => {
  const lost: string[] = [];

  test.each(losses)('%s: a person is asked, and a retry goes on', async (_what, loss, words) => {
    const { id, from } = await running();
    await world.endBot('SIGKILL');
    await queryStore(world, loss);
    await mendAzure(world);
    await world.startBot();
    const stuck = await shows(world, places.operations, people.requester, id, /Needs attention/);
    const said = activityText(stuck).replaceAll('\\', '');
    for (const part of ['The run', words, 'might have changed Azure', 'doesn’t repeat completed steps'])
      expect(said).toContain(part);
    const again = await world.teams.click(people.requester, stuck.id, 'request.retry');
    expect(answered(again)).toContain('Checking before run');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    expect((await writes(world, from)).filter((write) => /20[01]$/.test(write))).toHaveLength(4);
    lost.push(id);
  });

  test('the record verifies and says what was lost', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    for (const id of lost)
      expect(record.events(id)).toEqual(expect.arrayContaining(['attention-needed', 'retried', 'succeeded']));
    expect(world.printed()).not.toMatch(/unhandled|audit before|local-bot/i);
  });
});
