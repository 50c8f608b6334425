import { z } from 'zod';
import { vaultVersions } from '../arm/api-versions.ts';
import { resourceNotFound } from '../arm/authorize.ts';
import { named, sameId } from '../arm/ids.ts';
import { plainLocation, requireLocation } from '../arm/resource-location.ts';
import { parseBody } from '../http/incoming.ts';
import { pageOfBodies } from '../http/pages.ts';
import { type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import type { Vault } from '../state/schema-vaults.ts';
import { vaultBody } from './vault-body.ts';
import { requireFreeName } from './vault-names.ts';
import { recovered, softDelete } from './vault-recover.ts';
import { applyProperties, VaultProperties } from './vault-write.ts';

export const requireVault = (call: Call): Vault => {
  const isIt = named(param(call, 'sub'), param(call, 'group'), param(call, 'vault'));
  const vault = call.world.state.vaults.find(isIt);
  if (vault === undefined) throw resourceNotFound(call.incoming.path.replace(/(\/vaults\/[^/]+)\/.*$/i, '$1'));
  return vault;
};

const Tags = z.record(z.string(), z.string());

const VaultPatch = z.object({ tags: Tags.optional(), properties: VaultProperties.optional() });

const VaultPut = z.object({ location: z.string(), tags: Tags.optional(), properties: VaultProperties });

const touch = (call: Call, vault: Vault): void => {
  vault.systemData = {
    ...vault.systemData,
    lastModifiedBy: call.caller.appId,
    lastModifiedByType: 'Application',
    lastModifiedAt: call.now.toISOString(),
  };
};

/** Synchronous, as in the real service: the answer already shows the new vault. */
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
  const name = param(call, 'vault');
  requireFreeName(state, name);
  const all = [...state.vaults, ...state.deletedVaults.map((one) => one.vault)];
  const n = Math.max(0, ...all.map((one) => one.n)) + 1;
  const at = call.now.toISOString();
  const by = call.caller.appId;
  return {
    n,
    port: state.port + n,
    subscriptionId: param(call, 'sub'),
    resourceGroup: param(call, 'group'),
    name,
    location: plainLocation(location),
    tags: {},
    tenantId: properties.tenantId ?? state.tenantId,
    sku: 'standard',
    enableSoftDelete: properties.enableSoftDelete ?? true,
    softDeleteRetentionInDays: properties.softDeleteRetentionInDays ?? 90,
    enablePurgeProtection: false,
    // From 2026-02-01 on a new vault uses role assignments unless told otherwise (Microsoft, 2026-04-10).
    enableRbacAuthorization: (call.incoming.query.get('api-version') ?? '') >= '2026-02-01',
    accessPolicies: [],
    networkAcls: null,
    publicNetworkAccess: 'Enabled',
    systemData: {
      createdBy: by,
      createdByType: 'Application',
      createdAt: at,
      lastModifiedBy: by,
      lastModifiedByType: 'Application',
      lastModifiedAt: at,
    },
    keys: [],
    secrets: [],
  };
};

/** Creates or states a vault again, or has a deleted one back as it was, with its address listened on from the next request. */
const putVault = (call: Call): Reply => {
  const { state, latency } = call.world;
  const put = parseBody(VaultPut, call.incoming.body, 'BadRequest');
  const isIt = named(param(call, 'sub'), param(call, 'group'), param(call, 'vault'));
  const existing = state.vaults.find(isIt);
  requireLocation(existing, put.location, 'Microsoft.KeyVault/vaults');
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
  const vault = state.vaults.find(named(param(call, 'sub'), param(call, 'group'), param(call, 'vault')));
  if (vault === undefined) return reply(204);
  softDelete(state, vault, call.now);
  return reply(200);
};

const listVaults = (call: Call): Reply => {
  const group = call.params.group;
  const value = call.world.state.vaults
    .filter((one) => sameId(one.subscriptionId, param(call, 'sub')))
    .filter((one) => group === undefined || sameId(one.resourceGroup, group))
    .map(vaultBody);
  return reply(200, pageOfBodies(call, value));
};

const vaultRoute = (
  method: string,
  pattern: string,
  verb: 'read' | 'write' | 'delete',
  handle: Route['handle'],
): Route => ({
  method,
  pattern,
  audience: 'arm',
  versions: vaultVersions,
  action: `Microsoft.KeyVault/vaults/${verb}`,
  handle,
});

const inGroup = '/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults';

export const vaultRoutes: readonly Route[] = [
  vaultRoute('GET', '/subscriptions/{sub}/providers/Microsoft.KeyVault/vaults', 'read', listVaults),
  vaultRoute('GET', inGroup, 'read', listVaults),
  vaultRoute('GET', `${inGroup}/{vault}`, 'read', (call) => reply(200, vaultBody(requireVault(call)))),
  vaultRoute('PATCH', `${inGroup}/{vault}`, 'write', patchVault),
  vaultRoute('PUT', `${inGroup}/{vault}`, 'write', putVault),
  vaultRoute('DELETE', `${inGroup}/{vault}`, 'delete', deleteVault),
];
