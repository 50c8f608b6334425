import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { azureUnderRun } from '../support/failures/azure-under-run.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { linesOf } from '../support/world/path.ts';
import {
  activityText,
  agentId,
  answered,
  approvalCard,
  approve,
  ask,
  faultAzure,
  mendOne,
  people,
  places,
  rememberAzure,
  shows,
  until,
  writes,
} from '../support/world/story.ts';
import { readRecord, startWorld, type World } from '../support/world/world.ts';

/**
 * The cards of a run that Azure stops, and what people do about it. Every failure and its remedy is in test/long/failures-doc.
 */

const forbidden = {
  error: {
    code: 'AuthorizationFailed',
    message: "The client '7d8e' does not have authorization to perform action 'roleAssignments/write'.",
  },
};
describe('a step that does not work', () => {
  let world: World;
  let putBack: () => Promise<void>;

  beforeAll(async () => {
    world = await startWorld();
    putBack = await rememberAzure(world);
  });
  afterAll(() => world.end());

  async function approved(): Promise<string> {
    const id = await ask(world);
    await approve(world, people.approver, await approvalCard(world, id));
    return id;
  }
  const status = (id: string, words: RegExp) => shows(world, places.operations, people.requester, id, words);
  const click = (person: string, card: { id: string }, verb: string, inputs = {}) =>
    world.teams.click(person, card.id, verb, { inputs });

  test('giving up ends the request with what was done and what was not', async () => {
    const from = (await world.azureRequests()).length;
    await faultAzure(world, {
      match: { method: 'PUT', url: 'roleAssignments' },
      respond: { status: 403, body: forbidden },
    });
    const id = await approved();
    const card = await status(id, /Needs attention/);
    const { out } = await cmkBot(['doctor', '--only', 'record/attention'], { ...world.settings, ...world.place });
    expect(out).toContain(`1 request needs attention: ${id} (record/attention)`);
    expect(out).toContain(`cmk-bot requests show ${id}`);
    expect(answered(await click(people.guest, card, 'request.give-up', { reason: 'Moved to next quarter' }))).toContain(
      'Only members of this organization',
    );
    expect(
      answered(await click(people.approver, card, 'request.give-up', { reason: 'Moved to next quarter' })),
    ).toContain('Failed: 1 of 5 steps completed');
    const failed = await status(id, /Failed: 1 of 5 steps completed/);
    expect(activityText(failed)).toContain('1 completed, 1 failed, 3 not started');
    expect(activityText(failed)).not.toContain('[Retry');
    expect(answered(await click(people.approver, failed, 'request.refresh'))).toContain('ended it');
    expect(await writes(world, from)).toEqual([
      'PATCH healthBots/triage-agent-prod 201',
      expect.stringMatching(/roleAssignments.* 403/),
    ]);
    await putBack();
  });

  test('a new secret, after the old one has expired in the middle of a run: the approvals hold', async () => {
    const azure = azureUnderRun(world.azure);
    const id = await ask(world);
    const approval = await approvalCard(world, id);
    const match = { method: 'PATCH', url: `${agentId('triage-agent-prod')}\\?` };
    await faultAzure(world, { id: 'hold', match, operation: { takesMs: 'for-ever' } });
    await approve(world, people.approver, approval);
    const isHeld = async () =>
      (await azure.state()).operations.some(
        ({ agentId: of, endTime }) => of.includes('triage-agent-prod') && endTime === null,
      );
    await until(isHeld, 'Azure is at work on the agent');
    await azure.turnOn('secret-expired');
    await mendOne(world, 'hold');
    const card = await status(id, /Needs attention/);
    expect(linesOf(card).join('\n')).toContain('AADSTS7000222');
    expect(answered(await click(people.requester, card, 'request.retry'))).toContain('AADSTS7000222');
    await azure.allOff();
    await azure.change(({ settings, principals }) => {
      settings.secretsExpired = false;
      for (const one of principals.filter(({ secret }) => secret === 'local-bot')) one.secret = 'made-anew';
    });
    await world.restartBot('SIGINT', { AZURE_CLIENT_SECRET: 'made-anew' });
    expect(answered(await click(people.requester, card, 'request.retry'))).toContain('Checking before run 2');
    await status(id, /Succeeded/);
  });

  test('the record verifies, and the log says nothing of reasons', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    expect(record.events(record.requests[0] ?? '').at(-1)).toBe('given-up');
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|audit before|local-bot/i);
  });
});
