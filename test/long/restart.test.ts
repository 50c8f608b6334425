import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cardOf } from '../support/teams/local-teams.ts';
import {
  agentId,
  answered,
  approvalCard,
  approve,
  faultAzure,
  fillForm,
  mendAzure,
  people,
  places,
  rememberAzure,
  shows,
  submit,
  type,
  untilAzureAnswered,
  untilFaultsAreMet,
  untilMended,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/** Every step of the main story, each intended and done once. */
const wholeStory = [
  'submitted',
  'approved',
  'run-ordered',
  'run-checked',
  ...['enable-identity/1', 'grant-key-access/1', 'protect-vault/1', 'set-cmk/1', 'verify/1'].flatMap((step) => [
    `step-intended ${step}`,
    `step-done ${step}`,
  ]),
  'succeeded',
];

const eachWriteOnce = [
  'PATCH healthBots/triage-agent-prod 201',
  expect.stringMatching(/^PUT roleAssignments\/[0-9a-f-]{36} 201$/),
  'PATCH vaults/kv-care-prod 200',
  'PATCH healthBots/triage-agent-prod 201',
];

describe('after a restart', () => {
  let world: World;
  const finished: string[] = [];

  beforeAll(async () => {
    world = await startWorld({ record: 'folder' });
  });
  afterAll(() => world.end());

  test('a second bot on the same folder says who has it, in a line and without where in the code', async () => {
    const refusal = await world.startReplica('second').then(
      () => '',
      (error: unknown) => String(error),
    );
    const [said = ''] = refusal.split('\n').filter((line) => line.startsWith('cmk-bot does not start'));
    expect(said).toMatch(
      /^cmk-bot does not start: opening the data folder .* in use by process \d+\. Stop that process/,
    );
    expect(refusal.slice(refusal.indexOf(said))).not.toMatch(/\n\s+at /);
  });

  test('a form goes on from the page it was on', async () => {
    const form = await type(world, people.requester, '/enable-cmk');
    const click = (verb: string, inputs: Record<string, unknown> = {}) =>
      world.teams.click(people.requester, form.id, verb, { inputs });
    await click('form.next', { resource: agentId('triage-agent-prod') });
    await world.restartBot('SIGINT');
    const seen = (await world.teams.activities(places.operations, people.requester)).find(({ id }) => id === form.id);
    expect(JSON.stringify(seen && cardOf(seen))).toContain('kv-care-prod');
    expect(answered(await click('form.next', { vault: 'kv-care-prod' }))).toContain('cmk-triage-agent');
    await world.restartBot('SIGKILL');
    expect(answered(await click('form.next', { key: 'cmk-triage-agent' }))).toContain('5 steps in Azure');
    expect(answered(await click('form.cancel'))).toContain('Canceled');
  });

  test.each(['SIGINT', 'SIGKILL', 'everything'] as const)(
    'a run goes on to its end, writing once (%s)',
    async (how) => {
      const putBack = await rememberAzure(world);
      const { form } = await fillForm(world);
      const id = await submit(world, form);
      const card = await approvalCard(world, id);
      const from = (await world.azureRequests()).length;
      const grant = { method: 'PUT', url: 'roleAssignments' };
      await faultAzure(world, { match: grant, ...untilMended });
      await approve(world, people.approver, card);
      await untilFaultsAreMet(world);
      if (how === 'everything') {
        await world.restartEverything('SIGKILL');
        // Killed with the write in its hands, Azure has kept the fault, and meets it once more.
        await mendAzure(world);
      } else {
        await world.endBot(how);
        await mendAzure(world);
        await untilAzureAnswered(world, grant, 1, from);
        await world.startBot();
      }
      for (const place of [places.operations, places.approvals]) {
        await shows(world, place, people.approver, id, /Succeeded/);
      }
      expect(await writes(world, from)).toEqual(eachWriteOnce);
      await putBack();
      finished.push(id);
    },
  );

  test('the record verifies and tells every step once', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.requests).toEqual(finished);
    for (const id of finished) expect(record.events(id)).toEqual(wholeStory);
    expect(world.printed()).not.toMatch(/unhandled|audit before|local-bot/i);
  });
});
