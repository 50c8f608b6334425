import { randomBytes, randomUUID } from 'node:crypto';
import { http } from '../support/azure/local-azure.ts';
import { clientsOf, giveIdentity, grantOnKey, readAgent, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, bot, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

const azure = simulatedAzure();
const clients = lazily(() => clientsOf(azure));

const agent = agentId('triage-agent-prod');
const vault = vaultId('kv-care-prod');
const keyName = 'cmk-triage-agent';

test('the first agent, vault and key go from nothing to a key in use', async () => {
  const principalId = await giveIdentity(clients, agent);
  await grantOnKey(clients, randomUUID(), vault, keyName, principalId);
  const protectedVault = await clients.vaults().vaults.update('rg-care-prod', 'kv-care-prod', {
    properties: { enablePurgeProtection: true },
  });
  expect(protectedVault.properties.enablePurgeProtection).toBe(true);
  const key = await clients.vaults().keys.get('rg-care-prod', 'kv-care-prod', keyName);
  const keyVersion = key.keyUriWithVersion?.split('/').at(-1);
  const keyVaultUri = protectedVault.properties.vaultUri;

  await writeAgent(clients, agent, { properties: { keyVaultProperties: { keyName, keyVaultUri, keyVersion } } });

  const after = await readAgent(clients, agent);
  expect(after.properties).toMatchObject({
    provisioningState: 'Succeeded',
    keyVaultProperties: { keyName, keyVaultUri: `https://localhost:${azure.port + 1}/`, keyVersion },
  });
});

test('wraps and unwraps bytes with the real key', async () => {
  const key = await clients.keys(`https://localhost:${azure.port + 1}/`).getKey(keyName);
  const cryptography = clients.cryptography(key.id ?? '');
  const secret = randomBytes(32);
  for (const algorithm of ['RSA-OAEP', 'RSA-OAEP-256'] as const) {
    const wrapped = await cryptography.wrapKey(algorithm, secret);
    const unwrapped = await cryptography.unwrapKey(algorithm, wrapped.result);
    expect(Buffer.from(unwrapped.result)).toEqual(secret);
  }
});

test('wraps on the server too', async () => {
  const { token } = await clients.credential.getToken('https://vault.azure.net/.default');
  const { version } = (await clients.keys(`https://localhost:${azure.port + 1}`).getKey(keyName)).properties;
  const call = (operation: string, value: string) =>
    http(azure, 'POST', `/keys/${keyName}/${version}/${operation}?api-version=7.5`, {
      port: azure.port + 1,
      headers: { authorization: `Bearer ${token}` },
      body: { alg: 'RSA-OAEP-256', value },
    });
  const secret = randomBytes(32).toString('base64url');
  const wrapped = await call('wrapkey', secret);
  expect(wrapped.status).toBe(200);
  expect((await call('unwrapkey', wrapped.body.value)).body.value).toBe(secret);
});

test('answers a write as the real provider was recorded to', async () => {
  const headers = { authorization: `Bearer ${await clients.token()}` };
  const path = `${agentId('ward-agent', 'rg-care-north')}?api-version=2025-11-01`;
  const written = await http(azure, 'PATCH', path, { headers, body: { tags: { ward: '3' } } });
  expect(written.status).toBe(201);
  expect(written.body.properties.provisioningState).toBe('Accepted');
  expect(written.body.type).toBe('microsoft.healthbot/healthbots');
  expect(written.headers).not.toHaveProperty('location');
  expect(written.headers).not.toHaveProperty('retry-after');
  expect(written.headers.etag).toMatch(/^"[0-9a-f-]+"$/);

  const status = String(written.headers['azure-asyncoperation']);
  expect(status).toMatch(
    /\/locations\/NORTHEUROPE\/operationStatuses\/[0-9a-f-]{36}\*[0-9A-F]{64}\?api-version=2025-11-01&t=/,
  );
  const polled = await http(azure, 'GET', status.slice(azure.url.length), { headers });
  expect(polled.body).toMatchObject({ status: 'Succeeded', properties: null });
  const { body } = await http(azure, 'GET', path, { headers });
  expect(body.systemData.lastModifiedBy).toBe(bot.id);
  expect(body.tags).toEqual({ ward: '3' });
});

test('creates a key with ARM and leaves it unchanged the second time', async () => {
  const create = (keySize: number) =>
    clients.vaults().keys.createIfNotExist('rg-care-prod', 'kv-care-prod', 'cmk-new', {
      properties: { kty: 'RSA', keySize, keyOps: ['wrapKey', 'unwrapKey'], attributes: { expires: 1_900_000_000 } },
    });
  const first = await create(3072);
  const second = await create(2048);
  expect(first.keySize).toBe(3072);
  expect(second).toEqual(first);
  expect(first.attributes).toMatchObject({ enabled: true, expires: 1_900_000_000, recoveryLevel: 'Recoverable' });
});

test('keeps a user-assigned identity that is sent along', async () => {
  const id = agentId('visitor-agent');
  const before = await readAgent(clients, id);
  const after = await writeAgent(clients, id, {
    identity: { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: before.identity?.userAssignedIdentities },
  });
  expect(Object.keys(after.identity?.userAssignedIdentities ?? {})).toEqual(
    Object.keys(before.identity?.userAssignedIdentities ?? {}),
  );
  expect(after.identity?.principalId).toMatch(/^[0-9a-f-]{36}$/);
});

test('grants by access policy where the vault uses those', async () => {
  const principalId = await giveIdentity(clients, agentId('triage-agent-test', 'rg-care-test'));
  await clients.vaults().vaults.updateAccessPolicy('rg-care-prod', 'kv-policy-keys', 'add', {
    properties: {
      accessPolicies: [
        {
          tenantId: '10000000-0000-4000-8000-000000000000',
          objectId: principalId,
          permissions: { keys: ['get', 'wrapKey', 'unwrapKey'] },
        },
      ],
    },
  });
  const vaultNow = await clients.vaults().vaults.get('rg-care-prod', 'kv-policy-keys');
  expect(vaultNow.properties.accessPolicies).toHaveLength(2);
  const after = await writeAgent(clients, agentId('triage-agent-test', 'rg-care-test'), {
    properties: { keyVaultProperties: { keyName: 'cmk-policy', keyVaultUri: vaultNow.properties.vaultUri } },
  });
  expect(after.properties).toMatchObject({ keyVaultProperties: { keyName: 'cmk-policy' } });
});
