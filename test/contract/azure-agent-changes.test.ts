import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  connect,
  enableIdentity,
  got,
  key,
  outsideFailureOf,
  resourceNow,
  resourceRef,
  sentDuring,
  setKey,
  tenantId,
  under,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

const running = simulatedAzure();
const azure = lazily(() => connect(running));

const versionOf = async (name: string, vault = vaultId('kv-care-prod')) => {
  const found = got(await azure.keys.get(vault, key(name), null));
  if (found === null) throw new Error(`no key ${name}`);
  return found.version;
};

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

  test('an agent in the middle of another operation is worth waiting for', async () => {
    const failure = outsideFailureOf(await enableIdentity(azure, resourceRef('waiting-list-agent')));
    expect(failure).toMatchObject({
      next: 'wait',
      status: 409,
      doing: 'enabling the identity of agent waiting-list-agent',
    });
    expect(failure.correlationId).not.toBeNull();
  });
});

describe("setting the customer's key", () => {
  const target = resourceRef('triage-agent-prod');
  const vault = vaultId('kv-care-prod');
  const keyName = 'cmk-triage-agent';
  const wished = async () => ({
    vaultUri: (await vaultNow(azure, vault)).uri,
    keyName,
    keyVersion: await versionOf(keyName),
  });

  beforeAll(async () => {
    got(await enableIdentity(azure, target));
    got(await azure.vaults.protect(vault, { softDelete: false }));
  });

  test('sends exactly the three members of the key', async () => {
    const principalId = (await resourceNow(azure, target)).principalId ?? '';
    got(await azure.grants.grant(await vaultNow(azure, vault), key(keyName), principalId, tenantId));
    const wish = await wished();
    const sent = await sentDuring(running, async () => got(await setKey(azure, target, wish)));
    const patch = sent.find(({ method }) => method !== 'GET');
    expect(patch).toMatchObject({
      method: 'PATCH',
      body: {
        properties: { keyVaultProperties: { keyName, keyVaultUri: wish.vaultUri, keyVersion: wish.keyVersion } },
      },
    });
    expect(Object.keys(patch?.body ?? {})).toEqual(['properties']);
    expect((await resourceNow(azure, target)).customerKey).toEqual(wish);
  });

  test('a repeat leaves the agent as it is', async () => {
    const before = await resourceNow(azure, target);
    got(await setKey(azure, target, await wished()));
    expect(await resourceNow(azure, target)).toEqual(before);
  });

  test("a failed operation keeps the provider's own code and words", async () => {
    const failure = outsideFailureOf(await setKey(azure, target, { ...(await wished()), keyVersion: 'f'.repeat(32) }));
    expect(failure).toMatchObject({ next: 'ask', code: 'KeyNotFound' });
    expect(failure.message).toContain('was not found in this key vault');
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
    const wish = await wished();
    const failure = outsideFailureOf(await under(running, fault, () => setKey(impatient, target, wish)));
    expect(failure).toMatchObject({ next: 'wait', code: 'NoAnswerInTime' });
  });
});
