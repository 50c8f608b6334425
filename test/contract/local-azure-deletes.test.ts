import { randomUUID } from 'node:crypto';
import { changeState, discard, http, type RunningAzure, startAzure } from '../support/local-azure.ts';
import {
  type Clients,
  clientsOf,
  codeOf,
  encryptionUser,
  giveIdentity,
  grantOnKey,
  innerCodeOf,
  messageOf,
  readAgent,
  writeAgent,
} from '../support/local-azure-clients.ts';
import { agentId, careId, owner, vaultId } from '../support/local-azure-names.ts';

/** What cannot be undone, and what can: agents, vaults and keys deleted, had back and purged, by the official clients. */

let azure: RunningAzure;
let clients: Clients;
let untouched: unknown;

beforeAll(async () => {
  azure = await startAzure();
  clients = clientsOf(azure, owner);
  untouched = (await http(azure, 'GET', '/simulator/state')).body;
});
beforeEach(async () => {
  await http(azure, 'PUT', '/simulator/state', { body: untouched });
});
afterAll(() => discard(azure));

const group = 'rg-care-prod';
const inUse = 'kv-hospital-keys';
const keysIn = (n: number) => clients.keys(`https://localhost:${azure.port + n}/`);
const state = async () => (await http(azure, 'GET', '/simulator/state')).body;
const arm = async (method: string, path: string, body?: unknown) =>
  http(azure, method, path, { headers: { authorization: `Bearer ${await clients.token()}` }, body });
const named = <T extends { readonly name?: string | undefined }>(name: string, all: readonly T[]) =>
  all.find((one) => one.name === name);
const listOf = async <T>(pages: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const one of pages) found.push(one);
  return found;
};
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
    const [listed, ...others] = await listOf(vaults().listDeleted());
    expect(others).toEqual([]);
    const shown = await vaults().getDeleted(inUse, 'westeurope');
    expect(shown).toEqual(listed);
    expect(shown.properties).toMatchObject({
      vaultId: before.id,
      location: 'westeurope',
      purgeProtectionEnabled: true,
    });
    const { deletionDate, scheduledPurgeDate } = shown.properties ?? {};
    expect((scheduledPurgeDate?.getTime() ?? 0) - (deletionDate?.getTime() ?? 0)).toBe(90 * 86_400_000);
    expect((await state()).roleAssignments.some(({ scope }: { scope: string }) => scope.includes(inUse))).toBe(false);

    const { tenantId, sku } = before.properties;
    const properties = { tenantId, sku, createMode: 'recover' as const };
    const back = await vaults().createOrUpdate(group, inUse, { location: 'westeurope', properties }).pollUntilDone();
    expect(back.properties).toEqual(before.properties);
    expect((await keysIn(2).getKey('cmk-virtual-visit')).name).toBe('cmk-virtual-visit');
    expect(await listOf(vaults().listDeleted())).toEqual([]);
  });

  test('holds its name while it can be had back, in this subscription and in all others', async () => {
    await unlock();
    const available = () => vaults().checkNameAvailability({ name: inUse, type: 'Microsoft.KeyVault/vaults' });
    expect(await available()).toMatchObject({ nameAvailable: false, reason: 'AlreadyExists' });
    await vaults().delete(group, inUse);
    expect(await available()).toMatchObject({ nameAvailable: false, reason: 'AlreadyExists' });
    expect(await vaults().checkNameAvailability({ name: '1st', type: 'Microsoft.KeyVault/vaults' })).toMatchObject({
      nameAvailable: false,
      reason: 'AccountNameInvalid',
    });
    expect(await vaults().checkNameAvailability({ name: 'kv-new', type: 'Microsoft.KeyVault/vaults' })).toEqual({
      nameAvailable: true,
    });
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

  test('is purged only where nothing protects it; then its name is free', async () => {
    await unlock();
    await vaults().delete(group, inUse);
    await vaults().delete(group, 'kv-care-prod');
    const purge = (name: string) =>
      vaults().purgeDeleted(name, 'westeurope', { updateIntervalInMs: 20 }).pollUntilDone();
    expect(await messageOf(purge(inUse))).toContain("Operation 'DeletedVaultPurge' is not allowed.");
    await purge('kv-care-prod');
    expect((await listOf(vaults().listDeleted())).map((one) => one.name)).toEqual([inUse]);
    expect(await codeOf(vaults().getDeleted('kv-care-prod', 'westeurope'))).toBe('DeletedVaultNotFound');
    const type = 'Microsoft.KeyVault/vaults';
    expect((await vaults().checkNameAvailability({ name: 'kv-care-prod', type })).nameAvailable).toBe(true);
  });

  test('goes by itself when its retention ends, protected or not; without soft delete at once', async () => {
    await unlock();
    await vaults().delete(group, inUse);
    await changeState(azure, ({ deletedVaults }) => {
      deletedVaults[0].deletedAt = new Date(Date.now() - 91 * 86_400_000).toISOString();
    });
    expect(await listOf(vaults().listDeleted())).toEqual([]);
    const research = clients.vaults('40000000-0000-4000-8000-000000000002').vaults;
    await research.delete('rg-research', 'kv-legacy');
    expect(await listOf(research.listDeleted())).toEqual([]);
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
  test('deleted is listed, read and had back; purged it is gone, where purge protection lets it', async () => {
    const poller = await keysIn(1).beginDeleteKey('cmk-triage-agent', { intervalInMs: 20 });
    const deleted = await poller.pollUntilDone();
    expect(deleted.properties.recoveryId).toContain('/deletedkeys/cmk-triage-agent');
    expect((await listOf(keysIn(1).listDeletedKeys())).map((one) => one.name)).toEqual(['cmk-triage-agent']);
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

  test('is backed up whole and restored where its name is free, in its subscription only', async () => {
    const versions = async (n: number) =>
      (await listOf(keysIn(n).listPropertiesOfKeyVersions('cmk-virtual-visit'))).map((one) => one.version);
    const before = await versions(2);
    const blob = (await keysIn(2).backupKey('cmk-virtual-visit')) ?? new Uint8Array();
    expect(Buffer.from(blob).toString('latin1')).not.toContain('cmk-virtual-visit');
    expect(await codeOf(keysIn(2).restoreKeyBackup(blob))).toBe('Conflict');
    await (await keysIn(2).beginDeleteKey('cmk-virtual-visit', { intervalInMs: 20 })).pollUntilDone();
    expect(await innerCodeOf(keysIn(2).restoreKeyBackup(blob))).toBe('ObjectIsDeletedButRecoverable');
    expect((await keysIn(1).restoreKeyBackup(blob)).name).toBe('cmk-virtual-visit');
    expect(await versions(1)).toEqual(before);
    expect(await messageOf(keysIn(7).restoreKeyBackup(blob))).toContain('subscription');
    const changed = Uint8Array.from(blob, (byte, n) => (n === 40 ? byte ^ 1 : byte));
    expect(await messageOf(keysIn(3).restoreKeyBackup(changed))).toContain('malformed');
  });

  test('encrypts and decrypts as it wraps and unwraps, unless it is disabled', async () => {
    const made = await keysIn(2).createRsaKey('texts', { keyOps: ['encrypt', 'decrypt'] });
    const client = clients.cryptography(made.id ?? '');
    const { result } = await client.encrypt({ algorithm: 'RSA-OAEP-256', plaintext: Buffer.from('ward 7') });
    const { result: plain } = await client.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext: result });
    expect(Buffer.from(plain).toString()).toBe('ward 7');
    await keysIn(2).updateKeyProperties('texts', { enabled: false });
    const disabled = client.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext: result });
    expect(await innerCodeOf(disabled)).toBe('KeyDisabled');
  });
});

describe('a rotation policy', () => {
  test('is read where none was set, set in part, and seen by the control plane', async () => {
    const notice = { action: 'Notify', timeBeforeExpiry: 'P30D' };
    const unset = await keysIn(2).getKeyRotationPolicy('hospital-data');
    expect(unset.lifetimeActions).toEqual([expect.objectContaining(notice)]);
    const rotate = { action: 'Rotate' as const, timeAfterCreate: 'P18M' };
    await keysIn(2).updateKeyRotationPolicy('hospital-data', { lifetimeActions: [rotate], expiresIn: 'P2Y' });
    const set = await keysIn(2).getKeyRotationPolicy('hospital-data');
    expect(set.expiresIn).toBe('P2Y');
    expect(set.lifetimeActions).toEqual([expect.objectContaining(rotate), expect.objectContaining(notice)]);
    expect(set.updatedOn).toBeInstanceOf(Date);
    const path = `${vaultId(inUse)}/keys/hospital-data?api-version=2023-07-01`;
    expect((await arm('GET', path)).body.properties.rotationPolicy.attributes.expiryTime).toBe('P2Y');
    expect((await keysIn(2).rotateKey('hospital-data')).properties.expiresOn?.getUTCFullYear()).toBe(
      new Date().getUTCFullYear() + 2,
    );
  });

  test('needs rights of its own, and a key', async () => {
    const bot = clientsOf(azure).keys(`https://localhost:${azure.port + 2}/`);
    expect(await messageOf(bot.getKeyRotationPolicy('hospital-data'))).toContain('keyrotationpolicies/read');
    expect(await innerCodeOf(bot.updateKeyRotationPolicy('hospital-data', {}))).toBe('ForbiddenByRbac');
    expect(await codeOf(keysIn(2).getKeyRotationPolicy('no-such-key'))).toBe('KeyNotFound');
    const short = keysIn(2).updateKeyRotationPolicy('hospital-data', { expiresIn: 'P7D' });
    expect(await messageOf(short)).toContain('28 days');
  });
});

test('the subscription of deleted vaults is the one that is asked', async () => {
  await unlock();
  await clients.vaults().vaults.delete(group, inUse);
  const path = `/subscriptions/${careId}/providers/Microsoft.KeyVault/deletedVaults?api-version=2023-07-01`;
  expect((await arm('GET', path)).body.value).toHaveLength(1);
  expect((await arm('GET', path.replace(careId, '40000000-0000-4000-8000-000000000003'))).body.value).toEqual([]);
});
