import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  activityText,
  answered,
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
import { queryStore, readRecord, startWorld, type World } from '../support/world/world.ts';

/** What may happen to the engine's own tables while the bot is down. */
const losses = [
  ['the engine lost its tables', 'delete from dbos.workflow_status', 'doesn’t know this run'],
  ['the run is another version’s', "update dbos.workflow_status set application_version = '0'", 'workflow version 0'],
  ['the run ended in an error', "update dbos.workflow_status set status = 'ERROR', error = null", 'ended as ERROR'],
] as const;

describe('a run that nobody goes on with', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ env: { CMK_HEARTBEAT: '500ms' } });
  });
  afterAll(() => world.end());

  test.each(losses)('%s: a person is asked, and a retry goes on', async (_what, loss, words) => {
    const putBack = await rememberAzure(world);
    const from = (await world.azureRequests()).length;
    const id = await ask(world);
    const card = await approvalCard(world, id);
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, ...untilMended });
    await approve(world, people.approver, card);
    await untilFaultsAreMet(world);
    await world.endBot('SIGKILL');
    await queryStore(world, loss);
    await mendAzure(world);
    await world.startBot();
    const stuck = await shows(world, places.operations, people.requester, id, /Needs attention/);
    const said = activityText(stuck).replaceAll('\\', '');
    expect(said).toContain('The run');
    expect(said).toContain(words);
    expect(said).toContain('might have changed Azure');
    expect(said).toContain('doesn’t repeat completed steps');
    const again = await world.teams.click(people.requester, stuck.id, 'request.retry');
    expect(answered(again)).toContain('Checking before run');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
    expect((await writes(world, from)).filter((write) => /20[01]$/.test(write))).toHaveLength(4);
    await putBack();
  });

  test('the record verifies and says what was lost', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    for (const id of record.requests) {
      expect(record.events(id)).toEqual(expect.arrayContaining(['attention-needed', 'retried', 'succeeded']));
    }
  });
});
