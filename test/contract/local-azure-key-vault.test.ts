import { http } from '../support/azure/local-azure.ts';
import { clientsOf, codeOf, innerCodeOf, messageOf } from '../support/azure/local-azure-clients.ts';
import { bot, owner } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** The data plane, through the official key client. */

const azure = simulatedAzure();
const botClients = lazily(() => clientsOf(azure));
const ownerClients = lazily(() => clientsOf(azure, owner));

const vaultUrl = (n: number): string => `https://localhost:${azure.port + n}/`;

test('challenges a caller without a token', async () => {
  const { status, headers, body } = await http(azure, 'GET', '/keys/k?api-version=2025-07-01', {
    port: azure.port + 1,
  });
  expect(status).toBe(401);
  expect(headers['www-authenticate']).toBe(
    `Bearer authorization="${azure.url}/10000000-0000-4000-8000-000000000000", resource="https://vault.azure.net"`,
  );
  expect(body.error.message).toMatch(/^AKV10000/);
});

test('serves a vault by its host name on the main port too', async () => {
  const token = await botClients.token(`https://vault.localhost:${azure.port}/.default`);
  const host = `kv-care-prod.vault.localhost:${azure.port}`;
  const path = '/keys/cmk-triage-agent?api%2Dversion=7.5';
  const open = await http(azure, 'GET', path, { headers: { host } });
  expect(open.headers['www-authenticate']).toContain(`resource="https://vault.localhost:${azure.port}"`);
  const { status, body } = await http(azure, 'GET', path, { headers: { host, authorization: `Bearer ${token}` } });
  expect(status).toBe(200);
  expect(body.key.kid).toMatch(new RegExp(`^https://${host}/keys/cmk-triage-agent/[0-9a-f]{32}$`));
});

test('shows only the public parts of a key', async () => {
  const key = await botClients.keys(vaultUrl(1)).getKey('cmk-triage-agent');
  expect(key.key?.n).toBeDefined();
  expect(key.key?.d).toBeUndefined();
  expect(key.properties).toMatchObject({ enabled: true, recoveryLevel: 'Recoverable+Purgeable', recoverableDays: 90 });
  expect(key.properties.expiresOn?.getTime()).toBeGreaterThan(Date.now());
});

test('says which right a caller lacks, in either kind of vault', async () => {
  const rbac = botClients.keys(vaultUrl(1)).beginDeleteKey('cmk-triage-agent');
  expect(await innerCodeOf(rbac)).toBe('ForbiddenByRbac');
  const policy = botClients.keys(vaultUrl(4)).getKey('cmk-policy');
  expect(await innerCodeOf(policy)).toBe('AccessDenied');
  expect(await messageOf(botClients.keys(vaultUrl(4)).getKey('cmk-policy'))).toContain(
    `oid=${bot.id};iss=https://sts.windows.net/10000000-0000-4000-8000-000000000000/' does not have keys get permission`,
  );
});

test('keeps callers out that the firewall does not know', async () => {
  expect(await innerCodeOf(ownerClients.keys(vaultUrl(5)).getKey('cmk-lab'))).toBe('ForbiddenByFirewall');
});

test('does not find a key that is not there', async () => {
  expect(await codeOf(botClients.keys(vaultUrl(1)).getKey('nothing'))).toBe('KeyNotFound');
});

test('refuses to use a disabled key and to wrap with an expired one', async () => {
  const headers = { authorization: `Bearer ${await ownerClients.token('https://vault.azure.net/.default')}` };
  const wrap = async (name: string) => {
    const { version } = (await ownerClients.keys(vaultUrl(1)).getKey(name)).properties;
    const body = { alg: 'RSA-OAEP', value: 'AAAA' };
    return http(azure, 'POST', `/keys/${name}/${version}/wrapkey?api-version=7.5`, {
      port: azure.port + 1,
      headers,
      body,
    });
  };
  expect((await wrap('disabled-wrapping')).body.error.innererror.code).toBe('KeyDisabled');
  expect((await wrap('expired-wrapping')).body.error.innererror.code).toBe('KeyExpired');
  expect((await wrap('signing-only')).body.error.innererror.code).toBe('KeyOperationForbidden');
});

test('keeps the name of a deleted key until it is recovered', async () => {
  const keys = ownerClients.keys(vaultUrl(2));
  const made = await keys.createKey('short-lived', 'RSA', { keySize: 2048 });
  await (await keys.beginDeleteKey('short-lived', { intervalInMs: 20 })).pollUntilDone();
  expect((await keys.getDeletedKey('short-lived')).properties.recoveryId).toContain('/deletedkeys/short-lived');
  expect(await innerCodeOf(keys.createKey('short-lived', 'RSA'))).toBe('ObjectIsDeletedButRecoverable');
  const create = ownerClients.vaults().keys.createIfNotExist('rg-care-prod', 'kv-hospital-keys', 'short-lived', {
    properties: { kty: 'RSA' },
  });
  expect(await codeOf(create)).toBe('Conflict');
  const recovered = await (await keys.beginRecoverDeletedKey('short-lived', { intervalInMs: 20 })).pollUntilDone();
  expect(recovered.id).toBe(made.id);
});
