/**
 * Azure storage accounts, from the description of Microsoft.Storage (2026-04-01): list, read, and the part of an update that is
 * about identity and encryption. An update is done when it is answered. Codes for a key that can't be used are from memory.
 */
import { z } from 'zod';
import { Refusal, type Reply, reply } from '../http.ts';
import {
  IdentityBody,
  identityAfter,
  identityBody,
  keyProblemOf,
  settleIdentity,
  useKeyAs,
  vaultProblem,
} from './agents.ts';
import { storageVersions } from './arm/api-versions.ts';
import { identityAssignAction, requireLinked, resourceNotFound } from './arm/authorization.ts';
import { named, sameId } from './arm/ids.ts';
import { armRoutes, type Call, listedIn, pageOf, placeOf, type Route } from './http.ts';
import { parseBody } from './incoming.ts';
import { AgentIdentity, type KeyVaultProperties, type OtherResource } from './state/schema.ts';

const type = 'Microsoft.Storage/storageAccounts';

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
const identityOf = ({ identity }: OtherResource) =>
  AgentIdentity.nullable().parse(identity ? { userAssignedIds: [], ...identity } : null);

/** Returns the key that it uses; null: Microsoft's. An empty version is the newest. */
const keyOf = (account: OtherResource): KeyVaultProperties | null => {
  const { keySource, keyvaultproperties: key, identity } = encryptionOf(account);
  if (keySource !== 'Microsoft.Keyvault' || !key?.keyname || !key.keyvaulturi) return null;
  const names = { keyName: key.keyname, keyVaultUri: key.keyvaulturi, keyVersion: key.keyversion || null };
  return { ...names, userIdentity: identity?.userAssignedIdentity ?? null };
};

const principalOf = (call: Call, account: OtherResource, key: KeyVaultProperties): string | null => {
  const { userIdentity } = key;
  if (userIdentity === null) return identityOf(account)?.principalId ?? null;
  return call.world.state.userAssignedIdentities.find(({ id }) => sameId(id, userIdentity))?.principalId ?? null;
};

/** Unlike healthcare agents, storage accounts are on Microsoft's list of trusted services. */
const refuseUnusableKey = (call: Call, account: OtherResource): void => {
  const { state } = call.world;
  const key = keyOf(account);
  if (key === null) return;
  const principalId = principalOf(call, account, key);
  const problem = keyProblemOf(state, key, principalId, toSet, call.now, (vault) =>
    vaultProblem(state, vault, vault.networkAcls?.bypass === 'AzureServices'),
  );
  if (principalId !== null) useKeyAs(state, { id: account.id, key, principalId }, problem, call.now);
  if (problem === null) return;
  const code = problem.message.includes('may not use') ? 'KeyVaultAuthenticationFailure' : 'KeyVaultPolicyError';
  throw Refusal.of(400, code, problem.message);
};
const toSet = ['get', 'wrapKey', 'unwrapKey'] as const;

const accountsIn = (call: Call): OtherResource[] =>
  call.world.state.otherResources.filter((one) => sameId(one.type, type));

const requireAccount = (call: Call): OtherResource => {
  const account = accountsIn(call).find(named(placeOf(call)));
  if (account === undefined) throw resourceNotFound(call.incoming.path);
  return account;
};

const bodyOf = (call: Call, account: OtherResource) => {
  const { subscriptionId: _, resourceGroup: _group, properties, identity: _identity, id, ...more } = account;
  const identity = identityOf(account);
  return {
    ...{ id, kind: 'StorageV2', sku: { name: 'Standard_LRS', tier: 'Standard' }, ...more },
    ...(identity === null ? {} : { identity: identityBody(call.world.state, identity) }),
    properties: { provisioningState: 'Succeeded', ...properties },
  };
};

const updateAccount = (call: Call): Reply => {
  const { state, latency } = call.world;
  const update = parseBody(Update, call.incoming.body, 'InvalidRequestContent');
  const account = requireAccount(call);
  const after = structuredClone(account);
  if (update.tags) after.tags = update.tags;
  if (update.identity) {
    const identity = identityAfter(state, identityOf(account), update.identity);
    requireLinked(call, `${type}/write`, identityAssignAction, identity.userAssignedIds);
    settleIdentity(state, latency, { name: account.name, content: { identity } }, call.now);
    after.identity = identity;
  }
  const wanted = update.properties?.encryption;
  if (wanted) {
    const before = encryptionOf(account);
    const key = wanted.keyvaultproperties && { ...before.keyvaultproperties, ...wanted.keyvaultproperties };
    after.properties.encryption = { ...before, ...wanted, ...(key ? { keyvaultproperties: key } : {}) };
    refuseUnusableKey(call, after);
  }
  Object.assign(account, after);
  return reply(200, bodyOf(call, account));
};

const deleteAccount = (call: Call): Reply => {
  const account = requireAccount(call);
  call.world.state.otherResources = call.world.state.otherResources.filter((one) => one !== account);
  return reply(200);
};

const route = armRoutes(storageVersions, type);
const inGroup = `/subscriptions/{sub}/resourceGroups/{group}/providers/${type}`;
const list = (call: Call): Reply => {
  const value = listedIn(call, accountsIn(call)).map((one) => bodyOf(call, one));
  return reply(200, pageOf(call, value));
};

export const storageRoutes: readonly Route[] = [
  route('GET', `/subscriptions/{sub}/providers/${type}`, 'read', list),
  route('GET', inGroup, 'read', list),
  route('GET', `${inGroup}/{name}`, 'read', (call) => reply(200, bodyOf(call, requireAccount(call)))),
  route('PATCH', `${inGroup}/{name}`, 'write', updateAccount),
  route('DELETE', `${inGroup}/{name}`, 'delete', deleteAccount),
];
