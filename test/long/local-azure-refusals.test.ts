import { randomUUID } from 'node:crypto';
import { changeState, http } from '../support/azure/local-azure.ts';
import {
  clientsOf,
  codeOf,
  giveIdentity,
  grantOnKey,
  messageOf,
  readAgent,
  writeAgent,
} from '../support/azure/local-azure-clients.ts';
import { agentId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** What real Azure refuses, the local one refuses too, in its words where they are known. */

const azure = simulatedAzure({ restores: true });
const clients = lazily(() => clientsOf(azure));
const agent = agentId('triage-agent-prod');
const vault = vaultId('kv-care-prod');

const protect = () =>
  clients.vaults().vaults.update('rg-care-prod', 'kv-care-prod', { properties: { enablePurgeProtection: true } });

const setKey = (keyName: string, n = 1) =>
  writeAgent(clients, agent, {
    properties: { keyVaultProperties: { keyName, keyVaultUri: `https://localhost:${azure.port + n}/` } },
  });

const stateOf = async () => (await readAgent(clients, agent)).properties;

test('fails over a key without an identity and shows the old key, or none, again', async () => {
  const before = await stateOf();
  expect(await messageOf(setKey('cmk-triage-agent'))).toContain('ManagedIdentityRequired');
  expect(await stateOf()).toEqual({ ...before, provisioningState: 'Failed' });
});

test('refuses a key in a vault without purge protection', async () => {
  const principalId = await giveIdentity(clients, agent);
  await grantOnKey(clients, randomUUID(), vault, 'cmk-triage-agent', principalId);
  expect(await messageOf(setKey('cmk-triage-agent'))).toContain('KeyVaultPurgeProtectionRequired');
});

test('never takes purge protection or soft delete away', async () => {
  await protect();
  const update = (properties: object) => clients.vaults().vaults.update('rg-care-prod', 'kv-care-prod', { properties });
  expect(await messageOf(update({ enablePurgeProtection: false }))).toContain(
    'The property "enablePurgeProtection" cannot be set to false.',
  );
  expect(await codeOf(update({ enableSoftDelete: false }))).toBe('BadRequest');
});

describe('what is deleted', () => {
  const owners = lazily(() => clientsOf(azure, owner));

  test('of an agent is gone for good: the same name has another identity, and no use of the key', async () => {
    const visit = agentId('virtual-visit-agent');
    const before = await readAgent(owners, visit);
    const { keyVaultProperties } = before.properties as { keyVaultProperties: unknown };
    const { resources } = owners.resources();
    const options = { updateIntervalInMs: 20 };
    await resources.deleteById(visit.slice(1), '2025-11-01', options).pollUntilDone();
    expect(await codeOf(readAgent(owners, visit))).toBe('ResourceNotFound');
    const anew = { location: 'westeurope', sku: { name: 'C0' }, identity: { type: 'SystemAssigned' } } as const;
    const made = await resources.createOrUpdateById(visit.slice(1), '2025-11-01', anew, options).pollUntilDone();
    expect(made.identity?.principalId).not.toBe(before.identity?.principalId);
    const write = writeAgent(owners, visit, { properties: { keyVaultProperties } });
    expect(await messageOf(write)).toContain('KeyVaultAccessForbidden');
  });

  test('of a vault can be had back with its keys, without the roles there, and holds its name until then', async () => {
    const [group, name] = ['rg-care-prod', 'kv-hospital-keys'];
    const { vaults } = owners.vaults();
    expect(await codeOf(vaults.delete(group, name))).toBe('ScopeLocked');
    await changeState(azure, (all) => Object.assign(all, { locks: [] }));
    const before = await vaults.get(group, name);
    await vaults.delete(group, name);
    const { tenantId, sku } = before.properties;
    const put = (more: object) =>
      vaults
        .createOrUpdate(group, name, { location: 'westeurope', properties: { tenantId, sku, ...more } })
        .pollUntilDone();
    expect(await codeOf(put({}))).toBe('ConflictError');
    expect((await put({ createMode: 'recover' })).properties).toEqual(before.properties);
    const { roleAssignments } = (await http(azure, 'GET', '/simulator/state')).body;
    expect(roleAssignments.some(({ scope }: { scope: string }) => scope.includes(name))).toBe(false);
    const keys = owners.keys(`https://localhost:${azure.port + 2}/`);
    expect((await keys.getKey('cmk-virtual-visit')).name).toBe('cmk-virtual-visit');
  });
});
