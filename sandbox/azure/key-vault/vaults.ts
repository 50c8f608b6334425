/** Vaults over Resource Manager: create, change, delete and recover. */

import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { vaultVersions } from '../arm/api-versions.ts';
import { requireSameLocation, resourceNotFound } from '../arm/existence.ts';
import { named, plainLocation, sameId, vaultId, vaultType, within } from '../arm/ids.ts';
import { armRoutes, type Call, listedIn, param, placeOf, type Route } from '../http.ts';
import { Names, parseBody } from '../incoming.ts';
import { later } from '../latency.ts';
import { pageOf } from '../lists.ts';
import { createdBy, modifiedBy } from '../state/fields.ts';
import type { SimulatorState } from '../state/schema.ts';
import { type AccessPolicy, NetworkAcls, Vault } from '../state/vaults.ts';
import { openAcls, vaultBody } from './vault-body.ts';

export const PolicyBody = z.strictObject({
  tenantId: z.guid(),
  objectId: z.guid(),
  applicationId: z.guid().nullish(),
  permissions: z.strictObject({ keys: Names, secrets: Names, certificates: Names, storage: Names }),
});
export type PolicyBody = z.infer<typeof PolicyBody>;

/** Accepted properties of a PATCH. Read-only ones are ignored. */
const VaultProperties = z.strictObject({
  tenantId: z.guid().optional(),
  sku: z.strictObject({ family: z.string(), name: z.enum(['standard', 'premium']) }).optional(),
  accessPolicies: z.array(PolicyBody).nullish(),
  vaultUri: z.string().nullish(),
  provisioningState: z.string().nullish(),
  hsmPoolResourceId: z.string().nullish(),
  privateEndpointConnections: z.array(z.unknown()).nullish(),
  enabledForDeployment: z.boolean().nullish(),
  enabledForDiskEncryption: z.boolean().nullish(),
  enabledForTemplateDeployment: z.boolean().nullish(),
  enableSoftDelete: z.boolean().nullish(),
  softDeleteRetentionInDays: z.number().int().min(7).max(90).nullish(),
  enableRbacAuthorization: z.boolean().nullish(),
  createMode: z.enum(['default', 'recover']).nullish(),
  enablePurgeProtection: z.boolean().nullish(),
  networkAcls: z
    .object({
      bypass: z.string().nullish(),
      defaultAction: z.enum(['Allow', 'Deny']).nullish(),
      ipRules: NetworkAcls.shape.ipRules.nullish(),
      virtualNetworkRules: NetworkAcls.shape.virtualNetworkRules.nullish(),
    })
    .nullish(),
  publicNetworkAccess: z.enum(['Enabled', 'Disabled', 'SecuredByPerimeter']).nullish(),
});
type VaultProperties = z.infer<typeof VaultProperties>;

const badRequest = (message: string): Refusal => Refusal.of(400, 'BadRequest', message);

/** Real texts (public reports); the last one is from memory. */
const requirePossible = (vault: Vault, wanted: VaultProperties): void => {
  if (wanted.enablePurgeProtection === false) {
    throw badRequest(
      'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
    );
  }
  if (wanted.enableSoftDelete === false && vault.enableSoftDelete) {
    throw badRequest(
      'The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the \'soft delete\' functionality is an irreversible action.',
    );
  }
  const softDelete = vault.enableSoftDelete || wanted.enableSoftDelete === true;
  if (wanted.enablePurgeProtection === true && !softDelete) {
    throw badRequest('The property "enablePurgeProtection" can only be set to true when soft delete is enabled.');
  }
  const days = wanted.softDeleteRetentionInDays;
  if (days !== undefined && days !== null && vault.enableSoftDelete && days !== vault.softDeleteRetentionInDays) {
    throw badRequest('The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.');
  }
};

export const newPolicy = (vault: Vault, body: PolicyBody, now: Date, propagation: number): AccessPolicy => {
  if (!sameId(body.tenantId, vault.tenantId)) {
    throw badRequest("An invalid value was provided for 'accessPolicies': the tenant is not the vault's.");
  }
  return {
    tenantId: body.tenantId,
    objectId: body.objectId,
    applicationId: body.applicationId ?? null,
    permissions: body.permissions,
    keysBefore: [],
    effectiveAt: later(now, propagation),
  };
};

const aclsAfter = ({ networkAcls: before }: Vault, wanted: VaultProperties['networkAcls']): Vault['networkAcls'] => {
  if (wanted === undefined || wanted === null) return before;
  const sent = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined && value !== null));
  return NetworkAcls.parse({ ...openAcls, ...before, ...sent });
};

/** Applies a PATCH or the properties of a PUT. Access policies in it replace the whole list. */
const applyProperties = (vault: Vault, wanted: VaultProperties, now: Date, propagation: number): void => {
  requirePossible(vault, wanted);
  const policies = wanted.accessPolicies;
  if (policies !== undefined && policies !== null) {
    const existing = vault.accessPolicies;
    vault.accessPolicies = policies.map((body) => {
      const policy = newPolicy(vault, body, now, propagation);
      const old = existing.find((one) => sameId(one.objectId, policy.objectId));
      return old === undefined ? policy : { ...policy, keysBefore: old.permissions.keys };
    });
  }
  vault.sku = wanted.sku?.name ?? vault.sku;
  vault.enableSoftDelete = wanted.enableSoftDelete ?? vault.enableSoftDelete;
  vault.softDeleteRetentionInDays = wanted.softDeleteRetentionInDays ?? vault.softDeleteRetentionInDays;
  vault.enablePurgeProtection = wanted.enablePurgeProtection ?? vault.enablePurgeProtection;
  vault.enableRbacAuthorization = wanted.enableRbacAuthorization ?? vault.enableRbacAuthorization;
  vault.networkAcls = aclsAfter(vault, wanted.networkAcls);
  vault.publicNetworkAccess = wanted.publicNetworkAccess ?? vault.publicNetworkAccess;
};

const isNamed = (call: Call) => named(placeOf(call));

export const requireVault = (call: Call): Vault => {
  const vault = call.world.state.vaults.find(isNamed(call));
  if (vault === undefined) throw resourceNotFound(call.incoming.path.replace(/(\/vaults\/[^/]+)\/.*$/i, '$1'));
  return vault;
};

const Tags = z.record(z.string(), z.string());

const VaultPatch = z.object({ tags: Tags.optional(), properties: VaultProperties.optional() });

const VaultPut = z.object({ location: z.string(), tags: Tags.optional(), properties: VaultProperties });

const touch = (call: Call, vault: Vault): void => {
  vault.systemData = modifiedBy(vault.systemData, call.caller.appId, call.now);
};

/** Synchronous, as in Azure: the answer shows the changed vault. */
const patchVault = (call: Call): Reply => {
  const vault = requireVault(call);
  const patch = parseBody(VaultPatch, call.incoming.body, 'BadRequest');
  if (patch.properties !== undefined) {
    applyProperties(vault, patch.properties, call.now, call.world.latency.propagation);
  }
  vault.tags = patch.tags ?? vault.tags;
  touch(call, vault);
  return reply(200, vaultBody(vault));
};

const newVault = (call: Call, location: string, properties: VaultProperties): Vault => {
  const { state } = call.world;
  requireFreeName(state, param(call, 'name'));
  const all = [...state.vaults, ...state.deletedVaults.map((one) => one.vault)];
  const n = Math.max(0, ...all.map((one) => one.n)) + 1;
  return Vault.parse({
    n,
    port: state.port + n,
    ...placeOf(call),
    location: plainLocation(location),
    tenantId: properties.tenantId ?? state.tenantId,
    enableSoftDelete: properties.enableSoftDelete ?? undefined,
    softDeleteRetentionInDays: properties.softDeleteRetentionInDays ?? undefined,
    // From version 2026-02-01, new vaults use role assignments by default (Microsoft, 2026-04-10).
    enableRbacAuthorization: (call.incoming.query.get('api-version') ?? '') >= '2026-02-01',
    systemData: createdBy(call.caller.appId, call.now),
  });
};

/** Creates, replaces or recovers a vault. A new vault's address answers from the next request. */
const putVault = (call: Call): Reply => {
  const { state, latency } = call.world;
  const put = parseBody(VaultPut, call.incoming.body, 'BadRequest');
  const existing = state.vaults.find(isNamed(call));
  requireSameLocation(existing, put.location);
  const back = existing === undefined ? recovered(call, put.properties.createMode) : null;
  if (back !== null) {
    touch(call, back);
    return reply(200, vaultBody(back));
  }
  const vault = existing ?? newVault(call, put.location, put.properties);
  applyProperties(vault, put.properties, call.now, latency.propagation);
  vault.tags = put.tags ?? vault.tags;
  touch(call, vault);
  if (existing === undefined) state.vaults.push(vault);
  return reply(existing === undefined ? 201 : 200, vaultBody(vault));
};

const deleteVault = (call: Call): Reply => {
  const { state } = call.world;
  const vault = state.vaults.find(isNamed(call));
  if (vault === undefined) return reply(204);
  softDelete(state, vault, call.now);
  return reply(200);
};

const listVaults = (call: Call): Reply =>
  reply(200, pageOf(call, listedIn(call, call.world.state.vaults).map(vaultBody)));

const vaultRoute = armRoutes(vaultVersions, vaultType);

const inGroup = '/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults';

export const vaultRoutes: readonly Route[] = [
  vaultRoute('GET', '/subscriptions/{sub}/providers/Microsoft.KeyVault/vaults', 'read', listVaults),
  vaultRoute('GET', inGroup, 'read', listVaults),
  vaultRoute('GET', `${inGroup}/{name}`, 'read', (call) => reply(200, vaultBody(requireVault(call)))),
  vaultRoute('PATCH', `${inGroup}/{name}`, 'write', patchVault),
  vaultRoute('PUT', `${inGroup}/{name}`, 'write', putVault),
  vaultRoute('DELETE', `${inGroup}/{name}`, 'delete', deleteVault),
];

/** Names are global in Azure; a recoverable vault keeps its name. Real text (public reports). */
const requireFreeName = ({ vaults, deletedVaults }: SimulatorState, name: string): void => {
  if (![...vaults, ...deletedVaults.map(({ vault }) => vault)].some((one) => sameId(one.name, name))) return;
  const message = `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state. If the vault is in a recoverable state then the vault will need to be purged before reusing the name. For more information on soft delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740.`;
  throw Refusal.of(409, 'VaultAlreadyExists', message);
};

/** Deletes a vault. With soft delete it can be recovered, but without the role assignments below it (Microsoft's page). */
const softDelete = (state: SimulatorState, vault: Vault, now: Date): void => {
  state.vaults = state.vaults.filter((one) => one !== vault);
  state.roleAssignments = state.roleAssignments.filter((one) => !within(one.scope, vaultId(vault)));
  if (vault.enableSoftDelete) state.deletedVaults.push({ vault, deletedAt: now.toISOString() });
};

/**
 * Recovers the deleted vault with this name, if the caller asks for that. Null if there is none and none was requested.
 * Refuses a new vault with the name, with the real text (public reports). The text for a vault that can't be recovered
 * is invented.
 */
const recovered = (call: Call, createMode: string | null | undefined): Vault | null => {
  const { state } = call.world;
  const isIt = isNamed(call);
  const found = state.deletedVaults.find(({ vault }) => isIt(vault));
  if (createMode === 'recover') {
    if (found === undefined) throw Refusal.of(404, 'DeletedVaultNotFound', 'There is no deleted vault to recover.');
    state.deletedVaults = state.deletedVaults.filter((one) => one !== found);
    state.vaults.push(found.vault);
    return found.vault;
  }
  if (found === undefined) return null;
  const message =
    'A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.';
  throw Refusal.of(409, 'ConflictError', message);
};
