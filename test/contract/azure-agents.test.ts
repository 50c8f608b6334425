import type { ArmId } from '../../src/domain/ids.ts';
import { http } from '../support/azure/local-azure.ts';
import {
  connect,
  connectedAzure,
  enableIdentity,
  failureOf,
  got,
  key,
  noAnswer,
  outsideFailureOf,
  resourceId,
  resourceNow,
  resourceRef,
  sentDuring,
  setKey,
  tenantId,
  under,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

const { running, azure } = connectedAzure();

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

describe('enabling the identity', () => {
  const identityResource = resourceRef('triage-agent-test', 'rg-care-test');

  test('sends the identity alone and waits until Azure has finished', async () => {
    const sent = await sentDuring(running, async () => {
      const receipt = got(await enableIdentity(azure, identityResource));
      expect(receipt.clientRequestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(receipt.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    });
    const patches = sent.filter(({ method }) => method === 'PATCH');
    expect(patches.map(({ body }) => body)).toEqual([{ identity: { type: 'SystemAssigned' } }]);
    expect(await resourceNow(azure, identityResource)).toMatchObject({
      systemAssigned: true,
      provisioningState: 'Succeeded',
      tenantId,
    });
  });

  test('all requests of one call carry the client request id of its receipt', async () => {
    const target = resourceRef('x-ray-agent', 'rg-research', '40000000-0000-4000-8000-000000000002');
    const judged = await resourceNow(azure, target);
    let id: string | null = null;
    const sent = await sentDuring(running, async () => {
      id = got(await azure.resources.enableSystemIdentity(target, judged)).clientRequestId;
    });
    expect(sent.length).toBeGreaterThan(2);
    expect(new Set(sent.map(({ clientRequestId }) => clientRequestId))).toEqual(new Set([id]));
  });

  test('a repeat changes nothing', async () => {
    const before = await resourceNow(azure, identityResource);
    const sent = await sentDuring(running, async () => got(await enableIdentity(azure, identityResource)));
    expect(sent.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(await resourceNow(azure, identityResource)).toEqual(before);
  });

  test('keeps user-assigned identities by sending the same map', async () => {
    const visitor = resourceRef('visitor-agent');
    const before = await resourceNow(azure, visitor);
    expect(before.userAssignedIds).toHaveLength(1);
    const sent = await sentDuring(running, async () => got(await enableIdentity(azure, visitor)));
    expect(sent.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
      {
        identity: {
          type: 'SystemAssigned, UserAssigned',
          userAssignedIdentities: { [before.userAssignedIds[0] ?? '']: {} },
        },
      },
    ]);
    expect(await resourceNow(azure, visitor)).toMatchObject({
      systemAssigned: true,
      userAssignedIds: before.userAssignedIds,
    });
  });
});

describe("setting the customer's key", () => {
  const target = resourceRef('triage-agent-prod');
  const vault = vaultId('kv-care-prod');
  const keyName = 'cmk-triage-agent';
  const wished = async () => ({
    vaultUri: (await vaultNow(azure, vault)).uri,
    keyName,
    keyVersion: await oldestVersionOf(keyName, vault),
  });

  beforeAll(async () => {
    got(await enableIdentity(azure, target));
    got(await azure.vaults.protect(vault, { softDelete: false }));
  });

  test('sends exactly the three members of the key', async () => {
    const principalId = (await resourceNow(azure, target)).principalId ?? '';
    got(await azure.grants.grant(await vaultNow(azure, vault), key(keyName), principalId, tenantId));
    const spec = await wished();
    const sent = await sentDuring(running, async () => got(await setKey(azure, target, spec)));
    const patch = sent.find(({ method }) => method !== 'GET');
    expect(patch).toMatchObject({
      method: 'PATCH',
      body: {
        properties: { keyVaultProperties: { keyName, keyVaultUri: spec.vaultUri, keyVersion: spec.keyVersion } },
      },
    });
    expect(Object.keys(patch?.body ?? {})).toEqual(['properties']);
    expect((await resourceNow(azure, target)).customerKey).toEqual(spec);
  });

  test("a failed operation without an error keeps its status and the provider's body", async () => {
    const body = { status: 'Failed', resourceId: 'x' };
    const fault = { match: { url: 'operationStatuses' }, respond: { status: 200, body } };
    const failure = outsideFailureOf(await under(running, fault, async () => setKey(azure, target, await wished())));
    expect(failure).toMatchObject({ next: 'wait', code: 'Failed', message: JSON.stringify(body) });
  });

  test('an operation that does not end in time may be tried again', async () => {
    const impatient = connect(running, { limits: { operationMs: 700 } });
    const fault = { match: { url: 'operationStatuses' }, respond: { status: 200, body: { status: 'Working' } } };
    const spec = await wished();
    const failure = outsideFailureOf(await under(running, fault, () => setKey(impatient, target, spec)));
    expect(failure).toMatchObject({ next: 'wait', code: 'NoAnswerInTime' });
  });
});
