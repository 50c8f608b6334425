import { randomUUID } from 'node:crypto';
import { changeState, http } from '../support/azure/local-azure.ts';
import {
  clientsOf,
  codeOf,
  encryptionUser,
  giveIdentity,
  grantOnKey,
  innerCodeOf,
  messageOf,
  readAgent,
  writeAgent,
} from '../support/azure/local-azure-clients.ts';
import { agentId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** What cannot be undone, and what can: agents, vaults and keys deleted, had back and purged, by the official clients. */

const azure = simulatedAzure({ restores: true });
const clients = lazily(() => clientsOf(azure, owner));

const group = 'rg-care-prod';
const inUse = 'kv-hospital-keys';
const keysIn = (n: number) => clients.keys(`https://localhost:${azure.port + n}/`);
const state = async () => (await http(azure, 'GET', '/simulator/state')).body;
const arm = async (method: string, path: string, body?: unknown) =>
  http(azure, method, path, { headers: { authorization: `Bearer ${await clients.token()}` }, body });
const named = <T extends { readonly name?: string | undefined }>(name: string, all: readonly T[]) =>
  all.find((one) => one.name === name);
const unlock = () => changeState(azure, (all) => Object.assign(all, { locks: [] }));

describe('an agent', () => {
  const visit = agentId('virtual-visit-agent');
  const remove = (id: string) =>
    clients.resources().resources.deleteById(id.slice(1), '2025-11-01', { updateIntervalInMs: 20 }).pollUntilDone();

  test('is deleted for good, its data under a customer key with it: the same name and grant bring nothing back', async () => {
    const before = await readAgent(clients, visit);
    const { keyVaultProperties } = before.properties as { keyVaultProperties: unknown };
    await remove(visit);
    expect(await codeOf(readAgent(clients, visit))).toBe('ResourceNotFound');
    const after = await state();
    expect(after.lostData).toEqual([
      expect.objectContaining({ agentId: visit, key: expect.objectContaining({ keyName: 'cmk-virtual-visit' }) }),
    ]);
    const old = before.identity?.principalId;
    expect(after.principals.map((one: { id: string }) => one.id)).not.toContain(old);
    // The grant stays behind, with nobody to use it.
    const held = after.roleAssignments.filter((one: { principalId: string }) => one.principalId === old);
    expect(held).toEqual([expect.objectContaining({ roleDefinitionId: encryptionUser })]);

    const anew = { location: 'westeurope', sku: { name: 'C0' }, identity: { type: 'SystemAssigned' } } as const;
    const created = await clients
      .resources()
      .resources.createOrUpdateById(visit.slice(1), '2025-11-01', anew, { updateIntervalInMs: 20 })
      .pollUntilDone();
    expect(created.identity?.principalId).not.toBe(old);
    expect(await messageOf(writeAgent(clients, visit, { properties: { keyVaultProperties } }))).toContain(
      'KeyVaultAccessForbidden',
    );
  });

  test('under a key of Microsoft leaves nothing to remember', async () => {
    await remove(agentId('vaccination-agent'));
    expect((await state()).lostData).toEqual([]);
  });

  test('is being deleted for a while, as recorded: 202, one address twice, signed anew by each poll', async () => {
    await http(azure, 'PUT', '/simulator/latency', { body: { latency: 'realistic' } });
    const path = `${visit}?api-version=2025-11-01`;
    const { status, headers, body } = await arm('DELETE', path);
    expect([status, body, headers.location]).toEqual([202, '', headers['azure-asyncoperation']]);
    const { pathname, search } = new URL(String(headers.location));
    const poll = await arm('GET', pathname + search);
    expect([poll.status, poll.body.status, poll.body.resourceId]).toEqual([202, 'Deleting', visit]);
    expect(poll.headers.location).not.toBe(headers.location);
    expect((await arm('GET', path)).body.properties.provisioningState).toBe('Deleting');
    expect((await arm('DELETE', path)).body.error.code).toBe('ConflictingConcurrentWriteNotAllowed');
    await http(azure, 'PUT', '/simulator/latency', { body: { latency: 'instant' } });
    expect((await arm('GET', pathname + search)).body).toMatchObject({ status: 'Succeeded', properties: null });
    expect((await arm('GET', path)).status).toBe(404);
    expect((await arm('DELETE', path)).status).toBe(204);
  });

  test('is not deleted by the bot, nor under a lock of either kind', async () => {
    const byBot = clientsOf(azure).resources().resources.deleteById(visit.slice(1), '2025-11-01');
    expect(await codeOf(Promise.resolve(byBot))).toBe('AuthorizationFailed');
    for (const level of ['CanNotDelete', 'ReadOnly']) {
      await changeState(azure, ({ locks }) => locks.push({ name: level, scope: visit, level, notes: '' }));
      expect((await arm('DELETE', `${visit}?api-version=2025-11-01`)).body.error.code).toBe('ScopeLocked');
    }
  });
});

describe('a vault', () => {
  const vaults = () => clients.vaults().vaults;

  test('can be had back with its keys, but not with the roles that were given there', async () => {
    await unlock();
    const before = await vaults().get(group, inUse);
    await vaults().delete(group, inUse);
    expect(await codeOf(vaults().get(group, inUse))).toBe('ResourceNotFound');
    await expect(keysIn(2).getKey('cmk-virtual-visit')).rejects.toThrow();
    expect((await state()).deletedVaults.map((one: { vault: { name: string } }) => one.vault.name)).toEqual([inUse]);
    expect((await state()).roleAssignments.some(({ scope }: { scope: string }) => scope.includes(inUse))).toBe(false);

    const { tenantId, sku } = before.properties;
    const properties = { tenantId, sku, createMode: 'recover' as const };
    const back = await vaults().createOrUpdate(group, inUse, { location: 'westeurope', properties }).pollUntilDone();
    expect(back.properties).toEqual(before.properties);
    expect((await keysIn(2).getKey('cmk-virtual-visit')).name).toBe('cmk-virtual-visit');
    expect((await state()).deletedVaults).toEqual([]);
  });

  test('holds its name while it can be had back, in this subscription and in all others', async () => {
    await unlock();
    await vaults().delete(group, inUse);
    const wanted = {
      location: 'westeurope',
      properties: { tenantId: '10000000-0000-4000-8000-000000000000', sku: { family: 'A', name: 'standard' } },
    } as const;
    const here = vaults().createOrUpdate(group, inUse, wanted).pollUntilDone();
    expect(await codeOf(here)).toBe('ConflictError');
    const elsewhere = clients.vaults('40000000-0000-4000-8000-000000000003').vaults;
    const there = elsewhere.createOrUpdate('rg-finance', inUse, wanted).pollUntilDone();
    expect(await codeOf(there)).toBe('VaultAlreadyExists');
  });

  test('goes by itself when its retention ends, protected or not; without soft delete at once', async () => {
    await unlock();
    await vaults().delete(group, inUse);
    await changeState(azure, ({ deletedVaults }) => {
      deletedVaults[0].deletedAt = new Date(Date.now() - 91 * 86_400_000).toISOString();
    });
    expect((await state()).deletedVaults).toEqual([]);
    const research = clients.vaults('40000000-0000-4000-8000-000000000002').vaults;
    await research.delete('rg-research', 'kv-legacy');
    expect((await state()).deletedVaults).toEqual([]);
  });

  test('under a lock is not deleted, and an agent whose vault is gone can no longer be set to its key', async () => {
    expect(await codeOf(vaults().delete(group, inUse))).toBe('ScopeLocked');
    const principalId = await giveIdentity(clients, agentId('vaccination-agent'));
    await grantOnKey(clients, randomUUID(), vaultId(inUse), 'hospital-data', principalId);
    await unlock();
    await vaults().delete(group, inUse);
    const keyVaultProperties = { keyName: 'hospital-data', keyVaultUri: `https://localhost:${azure.port + 2}/` };
    const write = writeAgent(clients, agentId('vaccination-agent'), { properties: { keyVaultProperties } });
    expect(await messageOf(write)).toContain('KeyVaultNotFound');
  });
});

describe('a key', () => {
  test('deleted is read and had back; purged it is gone, where purge protection lets it', async () => {
    const poller = await keysIn(1).beginDeleteKey('cmk-triage-agent', { intervalInMs: 20 });
    const deleted = await poller.pollUntilDone();
    expect(deleted.properties.recoveryId).toContain('/deletedkeys/cmk-triage-agent');
    await (await keysIn(1).beginRecoverDeletedKey('cmk-triage-agent', { intervalInMs: 20 })).pollUntilDone();
    expect((await keysIn(1).getKey('cmk-triage-agent')).id).toBe(deleted.id);

    await (await keysIn(2).beginDeleteKey('hospital-data', { intervalInMs: 20 })).pollUntilDone();
    expect(await innerCodeOf(keysIn(2).purgeDeletedKey('hospital-data'))).toBe('ForbiddenByPolicy');
    await changeState(azure, ({ vaults }) => {
      const key = named('hospital-data', vaults[1].keys as { name: string; deletedAt: number }[]);
      if (key !== undefined) key.deletedAt -= 91 * 86_400;
    });
    expect(await codeOf(keysIn(2).getDeletedKey('hospital-data'))).toBe('KeyNotFound');
  });
});
