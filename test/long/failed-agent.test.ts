import { describe, expect, test } from '@jest/globals';
import { agentIn, all, type Change, onAgent, putUnder } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { azureState, follow, type Path } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  activityText,
  agentId,
  answered,
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  requestIdIn,
  shows,
  writes,
} from '../support/world/story.ts';

const { agent, vault, key } = choices.first;
const path: Path = choices.first;
const left = (provisioningState: string): Change => onAgent(agent, (one) => Object.assign(one, { provisioningState }));

/** What Azure may hold once it could not set the key: it shows none, or the one that was asked for. */
const forms: readonly (readonly [string, Change])[] = [
  ['shows no key', left('Failed')],
  ['still shows the key that was asked for', all(putUnder(agent, vault, key), left('Failed'))],
];

const world = scenario({ own: { env: { CMK_RETRY_FIRST_WAIT: '50ms', CMK_GRANT_WAIT: '3s' } }, restoresAzure: true });

const status = (id: string, words: RegExp) => shows(world, places.operations, people.requester, id, words);
async function expectSet(): Promise<void> {
  const { content, provisioningState } = agentIn(await azureState(world), agent);
  expect(provisioningState).toBe('Succeeded');
  expect(content.keyVaultProperties).toMatchObject({ keyName: key });
}

describe.each(forms)('an agent that an operation left Failed, which %s', (_what, change) => {
  test('can be asked for: the review and the approval warn, and the key is set', async () => {
    await changeState(world.azure, change);
    const { review, approval, wrote } = await follow(world, path);
    for (const card of [review, approval]) expect(card).toContain('The last operation on the agent failed');
    expect(wrote.filter((line) => line.includes(agent))).toHaveLength(2);
    await expectSet();
  });

  test('is no end to a request that needs attention: Retry sends the change again, and asks no approver anew', async () => {
    const match = { method: 'PATCH', url: `${agentId(agent)}\\?` };
    const full = { error: { code: 'QuotaExceeded', message: 'The quota is used up.' } };
    // The identity's PATCH passes.
    await faultAzure(world, { match, times: 1, delayMs: 0 }, { match, times: 1, respond: { status: 409, body: full } });
    const id = await ask(world);
    await approve(world, people.approver, await approvalCard(world, id));
    const card = await status(id, /Needs attention/);
    await mendAzure(world);
    await changeState(world.azure, change);
    const from = (await world.azureRequests()).length;
    const retried = answered(await world.teams.click(people.requester, card.id, 'request.retry'));
    expect(retried).toContain('Checking before run 2');
    expect(retried).toContain('**Approver** approved');
    await status(id, /Succeeded/);
    expect(await writes(world, from)).toEqual([expect.stringMatching(/^PATCH .*triage-agent-prod 201$/)]);
    await expectSet();
  });
});

describe.each(['rolled-back', 'kept'] as const)(
  'an operation that fails and leaves the agent Failed, the key %s',
  (change) => {
    const error = { code: 'KeyVaultAccessForbidden', message: 'The identity of the resource may not use the key.' };
    const match = { method: 'PATCH', url: 'healthBots', carries: 'properties.keyVaultProperties' };
    const fails = (times: { times?: number }) =>
      faultAzure(world, { id: 'fails', match, ...times, operation: { status: 'Failed', change, error } });
    async function approved(): Promise<string> {
      const id = await ask(world);
      await approve(world, people.approver, await approvalCard(world, id));
      return id;
    }

    test('is sent again until its cause is gone, and nobody is asked', async () => {
      await fails({ times: 2 });
      await status(await approved(), /Succeeded/);
      await expectSet();
    });

    test('asks a person when its cause stays, says what to do, and goes on with Retry', async () => {
      await fails({});
      const card = await status(await approved(), /Needs attention/);
      expect(activityText(card)).toContain('operation failed · KeyVaultAccessForbidden');
      expect(activityText(card)).toContain('Check in the vault that its role assignment or access policy is there');
      expect(activityText(card)).toContain('It isn’t known whether the agent’s key changed');
      await mendAzure(world);
      await world.teams.click(people.requester, card.id, 'request.retry');
      await status(requestIdIn(activityText(card)), /Succeeded/);
      await expectSet();
    });
  },
);
