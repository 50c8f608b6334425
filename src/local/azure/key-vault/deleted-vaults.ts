import { vaultVersions } from '../arm/api-versions.ts';
import { sameId, subscriptionScope, vaultId, within } from '../arm/ids.ts';
import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Reply, reply } from '../http/reply.ts';
import { type Call, param, type Route } from '../http/router.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { DeletedVault } from '../state/schema-deleted.ts';
import type { Vault } from '../state/schema-vaults.ts';
import { purgeDateOf } from './purge-due.ts';

/**
 * With soft delete the vault can be had back under its name; without, it is gone. Roles that were given at the vault or its
 * keys are lost either way, and do not come back with it (Microsoft's page on recovering vaults).
 */
export const softDelete = (state: SimulatorState, vault: Vault, now: Date): void => {
  state.vaults = state.vaults.filter((one) => one !== vault);
  state.roleAssignments = state.roleAssignments.filter((one) => !within(one.scope, vaultId(vault)));
  if (vault.enableSoftDelete) state.deletedVaults.push({ vault, deletedAt: now.toISOString() });
};

const idOf = ({ vault }: DeletedVault): string =>
  `${subscriptionScope(vault.subscriptionId)}/providers/Microsoft.KeyVault/locations/${vault.location}/deletedVaults/${vault.name}`;

/** `DeletedVault` of the 2023-07-01 description. */
const deletedBody = (deleted: DeletedVault) => ({
  id: idOf(deleted),
  name: deleted.vault.name,
  type: 'Microsoft.KeyVault/deletedVaults',
  properties: {
    vaultId: vaultId(deleted.vault),
    location: deleted.vault.location,
    tags: deleted.vault.tags,
    deletionDate: deleted.deletedAt,
    scheduledPurgeDate: purgeDateOf(deleted),
    ...(deleted.vault.enablePurgeProtection ? { purgeProtectionEnabled: true } : {}),
  },
});

const inSubscription = (call: Call): readonly DeletedVault[] =>
  call.world.state.deletedVaults.filter(({ vault }) => sameId(vault.subscriptionId, param(call, 'sub')));

/** Code and text recalled. */
const requireDeleted = (call: Call): DeletedVault => {
  const [name, location] = [param(call, 'vault'), param(call, 'location').replaceAll(' ', '')];
  const found = inSubscription(call).find(({ vault }) => sameId(vault.name, name) && sameId(vault.location, location));
  if (found !== undefined) return found;
  throw armRefusal(404, 'DeletedVaultNotFound', `The specified deleted vault '${name}' does not exist.`);
};

/** Real code and text (public reports). The status is the one that goes with the code. */
const purge = (call: Call): Reply => {
  const deleted = requireDeleted(call);
  if (deleted.vault.enablePurgeProtection) {
    throw armRefusal(405, 'MethodNotAllowed', "Operation 'DeletedVaultPurge' is not allowed.");
  }
  const { state, url } = call.world;
  state.deletedVaults = state.deletedVaults.filter((one) => one !== deleted);
  const results = idOf(deleted).replace(/deletedVaults.*/, `operationResults/${deleted.vault.name}`);
  const version = call.incoming.query.get('api-version') ?? '';
  return reply(202, undefined, { location: `${url}${results}?api-version=${version}`, 'retry-after': '1' });
};

const route = (method: string, tail: string, action: string, handle: Route['handle']): Route => ({
  method,
  pattern: `/subscriptions/{sub}/providers/Microsoft.KeyVault/${tail}`,
  audience: 'arm',
  versions: vaultVersions,
  action: `Microsoft.KeyVault/${action}`,
  handle,
});

const one = 'locations/{location}/deletedVaults/{vault}';

export const deletedVaultRoutes: readonly Route[] = [
  route('GET', 'deletedVaults', 'deletedVaults/read', (call) =>
    reply(200, pageOfBodies(call, inSubscription(call).map(deletedBody))),
  ),
  route('GET', one, 'locations/deletedVaults/read', (call) => reply(200, deletedBody(requireDeleted(call)))),
  route('POST', `${one}/purge`, 'locations/deletedVaults/purge/action', purge),
  route('GET', 'locations/{location}/operationResults/{id}', 'locations/operationResults/read', () => reply(200)),
];
