import { randomUUID } from 'node:crypto';
import { changeState } from '../support/azure/local-azure.ts';
import {
  clientsOf,
  encryptionUser,
  grantOnKey,
  messageOf,
  readAgent,
  writeAgent,
} from '../support/azure/local-azure-clients.ts';
import { agentId, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** An agent under a key that was rotated since: from one version or key to another, and what stands in the way. */

const azure = simulatedAzure({ restores: true });
const clients = lazily(() => clientsOf(azure));

const agent = agentId('virtual-visit-agent');
const group = 'rg-care-prod';
const vaultName = 'kv-hospital-keys';
const keyName = 'cmk-virtual-visit';

/** Oldest first, by when they were made. */
const versions = async (): Promise<readonly string[]> => {
  const found: { readonly version: string; readonly created: number }[] = [];
  for await (const one of clients.vaults().keys.listVersions(group, vaultName, keyName)) {
    found.push({ version: one.name ?? '', created: Number(one.attributes?.created) });
  }
  return found.toSorted((a, b) => a.created - b.created).map(({ version }) => version);
};

const inUse = async () => (await readAgent(clients, agent)).properties?.keyVaultProperties;

const to = (keyVersion: string | undefined, name = keyName, n = 2) => {
  const keyVaultUri = `https://localhost:${azure.port + n}/`;
  const keyVaultProperties = { keyName: name, keyVaultUri, ...(keyVersion === undefined ? {} : { keyVersion }) };
  return writeAgent(clients, agent, { properties: { keyVaultProperties } });
};

test('from the start one agent uses the older of two versions, in a vault where a rotation can be seen through', async () => {
  const [older, newer, ...others] = await versions();
  expect(others).toEqual([]);
  expect(await inUse()).toEqual({ keyName, keyVaultUri: `https://localhost:${azure.port + 2}/`, keyVersion: older });
  const newest = await clients.vaults().keys.get(group, vaultName, keyName);
  expect(newest.keyUriWithVersion).toBe(`${newest.keyUri}/${newer}`);
  const { properties } = await clients.vaults().vaults.get(group, vaultName);
  expect(properties).toMatchObject({ enableRbacAuthorization: true, enablePurgeProtection: true });
  expect(properties).toMatchObject({ enableSoftDelete: true, publicNetworkAccess: 'Enabled' });
  expect(properties.networkAcls).toBeUndefined();
});

test('from the start the identity of that agent holds the role on its key', async () => {
  const principalId = (await readAgent(clients, agent)).identity?.principalId;
  const held: (string | undefined)[] = [];
  const scope = `${vaultId(vaultName)}/keys/${keyName}`;
  const listed = clients
    .authorization()
    .roleAssignments.listForScope(scope, { filter: `principalId eq '${principalId}'` });
  for await (const one of listed) held.push(one.scope, one.roleDefinitionId?.split('/').at(-1));
  expect(held).toEqual([scope, encryptionUser]);
});

test('moves to the newest version and back again', async () => {
  const [older, newer] = await versions();
  await to(newer);
  expect(await inUse()).toMatchObject({ keyName, keyVersion: newer });
  await to(older);
  expect(await inUse()).toMatchObject({ keyName, keyVersion: older });
});

test('moves to another key in another vault', async () => {
  const vault = vaultId('kv-care-north', 'rg-care-north');
  const { identity } = await readAgent(clients, agent);
  await grantOnKey(clients, randomUUID(), vault, 'cmk-north', identity?.principalId ?? '');
  const key = await clients.vaults().keys.get('rg-care-north', 'kv-care-north', 'cmk-north');
  const keyVersion = key.keyUriWithVersion?.split('/').at(-1);
  await to(keyVersion, 'cmk-north', 3);
  const keyVaultUri = `https://localhost:${azure.port + 3}/`;
  expect(await inUse()).toEqual({ keyName: 'cmk-north', keyVaultUri, keyVersion });
});

const seconds = (years: number): number => Math.floor(Date.now() / 1000) + years * 365 * 86_400;

/** What is changed about the newer version before the agent is to move to it. */
const unfit: readonly (readonly [string, object, string])[] = [
  ['disabled', { enabled: false }, 'KeyDisabled'],
  ['expired', { exp: seconds(-1) }, 'KeyExpired'],
  ['not yet valid', { nbf: seconds(1) }, 'KeyNotYetValid'],
  ['without wrapping', { keyOps: ['unwrapKey'] }, 'KeyOperationForbidden'],
  ['without unwrapping', { keyOps: ['wrapKey'] }, 'KeyOperationForbidden'],
  ['no RSA key', { kty: 'EC' }, 'KeyTypeNotSupported'],
];

const refusesAndStays = async (move: Promise<unknown>, code: string): Promise<void> => {
  expect(await messageOf(move)).toContain(code);
  const [older] = await versions();
  const { properties } = await readAgent(clients, agent);
  expect(properties).toMatchObject({
    provisioningState: 'Failed',
    keyVaultProperties: { keyName, keyVersion: older },
  });
};

describe('stays with the version in use where the newer one', () => {
  const spoil = (change: object) =>
    changeState(azure, ({ vaults }) => {
      Object.assign(vaults[1].keys.find((one: { name: string }) => one.name === keyName).versions[1], change);
    });

  test.each(unfit)('is %s', async (_what, change, code) => {
    const [, newer] = await versions();
    await spoil(change);
    await refusesAndStays(to(newer), code);
  });

  test('is disabled and no version was named, for then the newest is tried', async () => {
    await spoil({ enabled: false });
    await refusesAndStays(to(undefined), 'KeyDisabled');
  });
});

describe('stays with the key in use where', () => {
  test('the version does not exist', async () => {
    await refusesAndStays(to('0'.repeat(32)), `${keyName}/${'0'.repeat(32)} was not found`);
  });

  test('nobody granted the other key', async () => {
    await refusesAndStays(to(undefined, 'hospital-data'), 'KeyVaultAccessForbidden');
  });

  test('the grant was taken away', async () => {
    const [, newer] = await versions();
    await changeState(azure, (state) => {
      state.roleAssignments = state.roleAssignments.filter((one: { scope: string }) => !one.scope.endsWith(keyName));
    });
    await refusesAndStays(to(newer), 'ForbiddenByRbac');
  });

  test.each([
    ['has no purge protection', { enablePurgeProtection: false }, 'KeyVaultPurgeProtectionRequired'],
    ['is behind a firewall', { publicNetworkAccess: 'Disabled' }, 'KeyVaultNetworkAccessDenied'],
  ])('the vault %s', async (_what, change, code) => {
    const [, newer] = await versions();
    await changeState(azure, ({ vaults }) => {
      Object.assign(vaults[1], change);
    });
    await refusesAndStays(to(newer), code);
  });
});
