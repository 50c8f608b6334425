/**
 * Azure storage accounts, from the description of Microsoft.Storage (2026-04-01): list, read, and the part of an update that is
 * about identity and encryption. An update is done when it is answered. Codes and texts for a key that can't be used are those of
 * public reports (azure-docs#84096). Which other causes Azure calls an authentication issue isn't known.
 */
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../http.ts';
import { IdentityBody, identityAfter } from './agents/agent-content.ts';
import { tryKey } from './agents/key-test.ts';
import { settleIdentity } from './agents/operations.ts';
import { storageVersions } from './arm/api-versions.ts';
import { identityAssignAction, requireLinked } from './arm/authorization.ts';
import { resourceNotFound } from './arm/existence.ts';
import { accountType, named, sameId } from './arm/ids.ts';
import { armRoutes, type Call, listedIn, placeOf, type Route } from './http.ts';
import { parseBody } from './incoming.ts';
import { pageOf } from './lists.ts';
import { otherBody } from './resources.ts';
import type { KeyVaultProperties } from './state/agents.ts';
import type { OtherResource } from './state/schema.ts';
import type { Vault } from './state/vaults.ts';

const text = z.string().nullish();
const Key = z.object({ keyname: text, keyvaulturi: text, keyversion: text });
const Encryption = z.object({
  keySource: z.enum(['Microsoft.Storage', 'Microsoft.Keyvault']).optional(),
  keyvaultproperties: Key.nullish(),
  identity: z.object({ userAssignedIdentity: text }).nullish(),
});
/** Others of the description's members are accepted, and have no effect. */
const Update = z.looseObject({
  tags: z.record(z.string(), z.string()).nullish(),
  identity: IdentityBody.nullish(),
  properties: z.looseObject({ encryption: Encryption.nullish() }).nullish(),
});

const encryptionOf = ({ properties }: OtherResource) => Encryption.parse(properties.encryption ?? {});

/** Returns the key that it uses; null: Microsoft's. An empty version is the newest. */
const keyOf = (account: OtherResource): KeyVaultProperties | null => {
  const { keySource, keyvaultproperties: key, identity } = encryptionOf(account);
  if (keySource !== 'Microsoft.Keyvault' || !key?.keyname || !key.keyvaulturi) return null;
  const names = { keyName: key.keyname, keyVaultUri: key.keyvaulturi, keyVersion: key.keyversion || null };
  return { ...names, userIdentity: identity?.userAssignedIdentity ?? null };
};

/** Unlike healthcare agents, storage accounts are on Microsoft's list of trusted services. */
const isTrusted = ({ networkAcls }: Vault): boolean => networkAcls?.bypass === 'AzureServices';

const refuseUnusableKey = ({ world, now }: Call, { id, identity = null, ...account }: OtherResource): void => {
  const key = keyOf({ id, ...account });
  const problem = key && tryKey(world.state, { id, identity, key }, now, isTrusted);
  if (!problem) return;
  if (/^(Soft delete|Purge protection) is not enabled/.test(problem.message))
    throw Refusal.of(400, 'KeyVaultPolicyError', 'Keyvault policy recoverable is not set');
  const message = 'The operation failed because of authentication issue on the keyvault.';
  throw Refusal.of(400, 'KeyVaultAuthenticationFailure', message);
};

const accountsIn = (call: Call): OtherResource[] =>
  call.world.state.otherResources.filter((one) => sameId(one.type, accountType));

const requireAccount = (call: Call): OtherResource => {
  const account = accountsIn(call).find(named(placeOf(call)));
  if (account === undefined) throw resourceNotFound(call.incoming.path);
  return account;
};

const updateAccount = (call: Call): Reply => {
  const { state } = call.world;
  const update = parseBody(Update, call.incoming.body, 'InvalidRequestContent');
  const account = requireAccount(call);
  const after = structuredClone(account);
  if (update.tags) after.tags = update.tags;
  if (update.identity) {
    const identity = identityAfter(state, account.identity ?? null, update.identity);
    requireLinked(call, `${accountType}/write`, identityAssignAction, identity.userAssignedIds);
    settleIdentity(call.world, account.name, identity, call.now);
    after.identity = identity;
  }
  const wanted = update.properties?.encryption;
  if (wanted) {
    const before = encryptionOf(account);
    const key = { ...before.keyvaultproperties, ...wanted.keyvaultproperties };
    const { keyvaultproperties: _, ...encryption } = { ...before, ...wanted };
    const isOwn = encryption.keySource === 'Microsoft.Keyvault';
    after.properties.encryption = { ...encryption, ...(isOwn ? { keyvaultproperties: key } : {}) };
    refuseUnusableKey(call, after);
  }
  Object.assign(account, after);
  return reply(200, otherBody(state, account));
};

const deleteAccount = (call: Call): Reply => {
  const account = requireAccount(call);
  call.world.state.otherResources = call.world.state.otherResources.filter((one) => one !== account);
  return reply(200);
};

const route = armRoutes(storageVersions, accountType);
const inGroup = `/subscriptions/{sub}/resourceGroups/{group}/providers/${accountType}`;
const list = (call: Call): Reply => {
  const value = listedIn(call, accountsIn(call)).map((one) => otherBody(call.world.state, one));
  return reply(200, pageOf(call, value));
};

export const storageRoutes: readonly Route[] = [
  route('GET', `/subscriptions/{sub}/providers/${accountType}`, 'read', list),
  route('GET', inGroup, 'read', list),
  route('GET', `${inGroup}/{name}`, 'read', (call) => reply(200, otherBody(call.world.state, requireAccount(call)))),
  route('PATCH', `${inGroup}/{name}`, 'write', updateAccount),
  route('DELETE', `${inGroup}/{name}`, 'delete', deleteAccount),
];
