import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { http } from '../support/local-azure.ts';
import {
  activityText,
  agentId,
  answered,
  approvalCard,
  approve,
  ask,
  faultAzure,
  fillForm,
  people,
  places,
  rememberAzure,
  shows,
  submit,
  type,
  untilFaultsAreMet,
  writes,
} from '../support/story.ts';
import { readRecord, startWorld, type World } from '../support/world.ts';

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

interface Operation {
  readonly agentId: string;
  readonly status: string;
  readonly triesKey: boolean;
}

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
    world = await startWorld();
  });
  afterAll(() => world.end());

  test('a form goes on from the page it was on', async () => {
    const form = await type(world, people.requester, '/enable-cmk');
    const click = (verb: string, inputs: Record<string, unknown> = {}) =>
      world.teams.click(people.requester, form.id, verb, { inputs });
    await click('form.next', { resource: agentId('triage-agent-prod') });
    await world.restartBot('SIGINT');
    const seen = (await world.teams.activities(places.operations, people.requester)).find(({ id }) => id === form.id);
    expect(seen && activityText(seen)).toContain('kv-care-prod');
    expect(answered(await click('form.next', { vault: 'kv-care-prod' }))).toContain('cmk-triage-agent');
    await world.restartBot('SIGKILL');
    expect(answered(await click('form.next', { key: 'cmk-triage-agent' }))).toContain('5 steps, in this order');
    expect(answered(await click('form.cancel'))).toContain('Cancelled');
  });

  test.each(['SIGINT', 'SIGKILL', 'everything'] as const)(
    'a run goes on to its end, writing once (%s)',
    async (how) => {
      const putBack = await rememberAzure(world);
      const { form } = await fillForm(world);
      const id = await submit(world, form);
      const card = await approvalCard(world, id);
      const from = (await world.azureRequests()).length;
      await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, times: 1, delayMs: 700 });
      await approve(world, people.approver, card);
      await untilFaultsAreMet(world);
      if (how === 'everything') await world.restartEverything('SIGKILL');
      else await world.restartBot(how);
      for (const place of [places.operations, places.approvals]) {
        await shows(world, place, people.approver, id, /Succeeded/, 40_000);
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

describe('with the pace of the real Azure', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ latency: 'realistic' });
  });
  afterAll(() => world.end());

  test('a run that is killed with both servers in the middle of every long operation goes on to its end', async () => {
    const id = await ask(world);
    await approve(world, people.approver, await approvalCard(world, id));
    const killAt = async (words: RegExp): Promise<void> => {
      await shows(world, places.operations, people.requester, id, words, 60_000);
      await world.restartEverything('SIGKILL');
    };
    await killAt(/Running, 0 of 5/);
    await killAt(/Running, 3 of 5/);
    await shows(world, places.operations, people.requester, id, /Succeeded/, 60_000);
    await shows(world, places.approvals, people.approver, id, /Succeeded/);
    // A grant before its identity is known, and a key before its grant has spread, are refused and tried again.
    const { body: state } = await http(world.azure, 'GET', '/simulator/state');
    const operations = state.operations.filter(({ agentId }: Operation) => agentId.endsWith('triage-agent-prod'));
    const changed = operations.filter(({ status }: Operation) => status === 'Succeeded');
    expect(changed.map(({ triesKey }: Operation) => triesKey)).toEqual([false, true]);
    const others = (await writes(world)).filter((write) => !write.includes('healthBots') && !write.endsWith('400'));
    expect(others).toEqual(eachWriteOnce.slice(1, 3));
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    const done = record.events(id).filter((event) => event.startsWith('step-done'));
    expect(done).toHaveLength(5);
    expect(new Set(done).size).toBe(5);
  }, 180_000);
});
