import { z } from 'zod';
import { Refusal, type Reply, reply } from '../../http.ts';
import { vaultVersions } from '../arm/api-versions.ts';
import { requireSameLocation, resourceNotFound } from '../arm/authorize.ts';
import { named, plainLocation, sameId, vaultId, within } from '../arm/ids.ts';
import { parseBody } from '../http/incoming.ts';
import { pageOf } from '../http/lists.ts';
import { armRoutes, type Call, listedIn, param, placeOf, type Route } from '../http/router.ts';
import type { SimulatorState } from '../state/schema.ts';
import { createdBy, modifiedBy } from '../state/schema-agents.ts';
import { Vault } from '../state/schema-vaults.ts';
import { vaultBody } from './vault-body.ts';
import { applyProperties, VaultProperties } from './vault-write.ts';

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

const vaultRoute = armRoutes(vaultVersions, 'Microsoft.KeyVault/vaults');

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

/**
 * Deletes a vault. With soft delete it can be recovered. Role assignments at the vault and its keys are lost either
 * way, and aren't restored with it (source: Microsoft's page on recovering vaults).
 */
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

/** Purges deleted vaults and keys after their retention, even with purge protection. Returns true if there were any. */
export const purgeDue = (state: SimulatorState, now: Date): boolean => {
  const isDue = (deletedAtMs: number, { softDeleteRetentionInDays }: Vault): boolean =>
    deletedAtMs + softDeleteRetentionInDays * 86_400_000 <= now.getTime();
  const count = (): number => state.deletedVaults.length + state.vaults.reduce((sum, { keys }) => sum + keys.length, 0);
  const before = count();
  state.deletedVaults = state.deletedVaults.filter(({ vault, deletedAt }) => !isDue(Date.parse(deletedAt), vault));
  for (const vault of state.vaults)
    vault.keys = vault.keys.filter(({ deletedAt }) => deletedAt === null || !isDue(deletedAt * 1_000, vault));
  return count() < before;
};
