import type { ArmId } from '../../src/domain/ids.ts';
import { http } from '../support/azure/local-azure.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  connect,
  failureOf,
  financeId,
  got,
  key,
  noAnswer,
  resourceId,
  resourceNow,
  resourceRef,
  sentDuring,
  tenantId,
  under,
  vaultId,
} from './azure-setup.ts';

const running = simulatedAzure();
const azure = lazily(() => connect(running));

const oldestVersionOf = async (name: string, vault: ArmId) => {
  const found = got(await azure.keys.first(vault, key(name)));
  if (found === null) throw new Error(`no key ${name}`);
  return found.version;
};

describe('reading an agent', () => {
  test('tells what matters about it', async () => {
    expect(await resourceNow(azure, resourceRef('virtual-visit-agent'))).toEqual({
      kind: 'healthcare-agent',
      id: resourceId('virtual-visit-agent'),
      name: 'virtual-visit-agent',
      location: 'westeurope',
      createdAt: '2023-09-11T10:00:00.000Z',
      provisioningState: 'Succeeded',
      systemAssigned: true,
      principalId: '90000000-0000-4000-8000-000000000001',
      tenantId,
      userAssignedIds: [],
      tags: {},
      customerKey: {
        vaultUri: `https://localhost:${running.port + 2}/`,
        keyName: 'cmk-virtual-visit',
        keyVersion: await oldestVersionOf('cmk-virtual-visit', vaultId('kv-hospital-keys')),
      },
    });
  });

  test('an agent without an identity or a key has neither', async () => {
    expect(await resourceNow(azure, resourceRef('triage-agent-prod'))).toMatchObject({
      systemAssigned: false,
      principalId: null,
      tenantId: null,
      customerKey: null,
    });
  });

  test('an agent in the middle of an operation is seen as it is', async () => {
    expect((await resourceNow(azure, resourceRef('waiting-list-agent'))).provisioningState).toBe('Accepted');
  });

  test('uses one request of the newest version, with an id of its own', async () => {
    const sent = await sentDuring(running, () => azure.resources.get(resourceRef('triage-agent-prod')));
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toMatch(/healthBots\/triage-agent-prod\?api(-|%2D)version=2025-11-01$/);
    expect(sent[0]?.clientRequestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('an agent that does not exist is null', async () => {
    expect(got(await azure.resources.get(resourceRef('no-such-agent')))).toBeNull();
    expect(got(await azure.resources.tags(resourceRef('no-such-agent')))).toBeNull();
  });

  test('its tags can be read alone, in the time a click has', async () => {
    const ref = resourceRef('triage-agent-prod');
    const tags = { environment: 'production' };
    expect((await resourceNow(azure, ref)).tags).toEqual(tags);
    expect(
      await sentDuring(running, async () => expect(got(await azure.resources.tags(ref))).toEqual(tags)),
    ).toHaveLength(1);
    const impatient = connect(running, { limits: { clickMs: 300 } });
    const slow = { match: { url: 'healthBots' }, ...noAnswer };
    expect(failureOf(await under(running, slow, () => impatient.resources.tags(ref)))).toMatchObject({
      code: 'NoAnswerInTime',
      doing: 'reading the tags of agent triage-agent-prod',
    });
  });

  test('takes the creation date from the resource list where the agent does not tell it', async () => {
    const whole = await http(running, 'GET', '/simulator/state');
    const resource = whole.body.agents.find((one: { name: string }) => one.name === 'vaccination-agent');
    const id = resourceId('vaccination-agent');
    const body = { id, name: resource.name, type: 'microsoft.healthbot/healthbots', location: 'West Europe' };
    const fault = { match: { url: 'healthBots/vaccination-agent\\?' }, respond: { status: 200, body } };
    const seen = await under(running, fault, () => resourceNow(azure, resourceRef('vaccination-agent')));
    expect(seen).toMatchObject({ createdAt: '2021-06-03T07:45:00.000Z', location: 'westeurope' });
  });

  test('a creation date nobody tells is null', async () => {
    const id = resourceId('vaccination-agent');
    const body = { id, name: 'vaccination-agent', type: 'Microsoft.HealthBot/healthBots', location: 'westeurope' };
    const faults = [
      { match: { url: 'healthBots/vaccination-agent\\?' }, respond: { status: 200, body } },
      { match: { url: '/resources\\?' }, respond: { status: 200, body: { value: [{ id }] } } },
    ];
    expect(await under(running, faults, () => resourceNow(azure, resourceRef('vaccination-agent')))).toMatchObject({
      createdAt: null,
      provisioningState: 'unknown',
    });
  });
});

test.each([
  [
    'a subscription that is not configured',
    resourceId('wages-agent', 'rg-finance', financeId),
    { code: 'outside-subscriptions', subscriptionId: financeId },
  ],
  ['a vault', vaultId('kv-care-prod'), { code: 'not-of-kind', id: vaultId('kv-care-prod'), kind: 'healthcare-agent' }],
  ['an escaped slash', resourceId('a%2fb'), { code: 'not-of-kind', id: resourceId('a%2fb'), kind: 'healthcare-agent' }],
])('ids that may not be used refuses %s before anything is sent', async (_, id, found) => {
  const whole = { vaultUri: 'https://x', keyName: 'k', keyVersion: null };
  const judged = await resourceNow(azure, resourceRef('triage-agent-prod'));
  const sent = await sentDuring(running, async () => {
    const ref = { kind: 'healthcare-agent', id };
    for (const outcome of [
      await azure.resources.get(ref),
      await azure.resources.tags(ref),
      await azure.resources.enableSystemIdentity(ref, judged),
      await azure.resources.setCustomerKey(ref, judged, whole),
    ]) {
      expect(failureOf(outcome)).toMatchObject({ source: 'bot', next: 'ask', found });
    }
  });
  expect(sent).toEqual([]);
});
