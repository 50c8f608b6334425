import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { http } from '../support/azure/local-azure.ts';
import { azureUnderRun } from '../support/failures/azure-under-run.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import type { SeenActivity } from '../support/teams/local-teams.ts';
import { linesOf } from '../support/world/path.ts';
import {
  activityText,
  agentId,
  answered,
  approvalCard,
  approve,
  ask,
  buttonData,
  faultAzure,
  mendAzure,
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
const locked = {
  error: { code: 'ScopeLocked', message: 'The scope cannot perform write operation: lock "keep" is on it.' },
};

/** Folded ones too: what Azure said is under its own button. */
const wordsOf = (card: SeenActivity): string => linesOf(card).join('\n').replaceAll('\\', '');

const revisionOf = (card: SeenActivity): number =>
  Number(buttonData({ status: 200, body: card }, 'request.retry').revision);

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

  test('something is locked: the card has Azure’s words and how to mend it; retry goes on where it stopped', async () => {
    const from = (await world.azureRequests()).length;
    await faultAzure(world, {
      match: { method: 'PUT', url: 'roleAssignments' },
      respond: { status: 409, body: locked },
    });
    const id = await approved();
    const card = await status(id, /Needs attention/);
    const words = wordsOf(card);
    expect(words).toContain(`409 ${locked.error.code}`);
    expect(words).toContain(locked.error.message);
    expect(activityText(card)).toContain('Ask the owner of the lock');
    expect(words).toContain('[Retry');
    expect(words).toContain('This request didn’t change the agent’s key.');
    // What cannot be undone comes after the grant: it was not touched.
    expect((await writes(world, from)).filter((write) => write.includes('vaults/'))).toEqual([]);
    expect(answered(await click(people.teamMember, card, 'request.retry'))).toContain('You have no role here');
    expect(answered(await click(people.requester, card, 'request.retry'))).toContain('Checking before run 2');
    const asked = revisionOf(card);
    const again = await world.teams.sees(
      places.approvals,
      people.approver,
      (one) => activityText(one).includes(id) && activityText(one).includes('[Retry') && revisionOf(one) > asked,
    );
    await mendAzure(world);
    const retried = answered(await click(people.approver, again, 'request.retry'));
    expect(retried).toContain('Checking before run 3');
    expect(retried).toMatch(/(\*\*)?Approver(\*\*)? approved/);
    await status(id, /Succeeded/);
    await shows(world, places.approvals, people.approver, id, /Succeeded/);
    const effects = (await writes(world, from)).filter((write) => /20[01]$/.test(write));
    expect(effects).toHaveLength(4);
    await putBack();
  });

  test('the key is refused: the card says that it was not changed, and not that nobody knows', async () => {
    const match = { method: 'PATCH', url: `${agentId('triage-agent-prod')}\\?` };
    await faultAzure(
      world,
      { match, times: 1, delayMs: 0 },
      { match, times: 1, respond: { status: 409, body: locked } },
    );
    const card = await status(await approved(), /Needs attention/);
    expect(activityText(card)).toContain('This request didn’t change the agent’s key.');
    expect(activityText(card)).not.toContain('isn’t known');
    await click(people.requester, card, 'request.give-up', { reason: 'Moved to next quarter' });
    await putBack();
  });

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

  test('Azure takes the key and drops it in silence: the card does not say succeeded', async () => {
    const said = {
      id: agentId('triage-agent-prod'),
      name: 'triage-agent-prod',
      type: 'microsoft.healthbot/healthbots',
      location: 'westeurope',
      properties: { provisioningState: 'Succeeded' },
    };
    const match = { method: 'PATCH', url: `${agentId('triage-agent-prod')}\\?` };
    // The identity's PATCH passes; the key's is answered and done by nobody.
    await faultAzure(world, { match, times: 1, delayMs: 0 }, { match, respond: { status: 200, body: said } });
    const id = await approved();
    const card = await status(id, /Needs attention|Succeeded/);
    const words = wordsOf(card);
    expect(words).toContain('Needs attention');
    expect(words).toContain('no customer-managed key');
    expect(words).not.toMatch(/Succeeded|Customer-managed key is set/);
    const { body: after } = await http(world.azure, 'GET', '/simulator/state');
    const agent = after.agents.find((one: { name: string }) => one.name === 'triage-agent-prod');
    expect(agent.content.keyVaultProperties).toBeNull();
    await mendAzure(world);
    expect(answered(await click(people.requester, card, 'request.retry'))).toContain('Checking before run 2');
    await status(id, /Succeeded/);
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
    expect(wordsOf(card)).toContain('AADSTS7000222');
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

  test('the record verifies; every failure stands in it, and the log says nothing of reasons', async () => {
    const record = await readRecord(world);
    expect(record.findings).toEqual([]);
    const [first = '', , givenUp = ''] = record.requests;
    const life = record.events(first).filter((event) => !/^step-(intended|done)/.test(event));
    expect(life).toEqual([
      'submitted',
      'approved',
      'run-ordered',
      'run-checked',
      'step-failed grant-key-access/1',
      'attention-needed grant-key-access',
      'retried',
      'run-ordered',
      'run-checked',
      'step-failed grant-key-access/1',
      'attention-needed grant-key-access',
      'retried',
      'run-ordered',
      'run-checked',
      'succeeded',
    ]);
    expect(record.events(givenUp).at(-1)).toBe('given-up');
    expect(world.printed()).not.toMatch(/unhandled|unexpected error|audit before|local-bot/i);
  });
});
