import { named, vaultId, within } from '../arm/ids.ts';
import { armRefusal } from '../http/reply.ts';
import { type Call, param } from '../http/router.ts';
import type { SimulatorState } from '../state/schema.ts';
import type { Vault } from '../state/schema-vaults.ts';

/**
 * Deletes a vault. With soft delete it can be recovered; without, it is gone. Role assignments at the vault and its keys are
 * lost either way, and don't come back with it (source: Microsoft's page on recovering vaults).
 */
export const softDelete = (state: SimulatorState, vault: Vault, now: Date): void => {
  state.vaults = state.vaults.filter((one) => one !== vault);
  state.roleAssignments = state.roleAssignments.filter((one) => !within(one.scope, vaultId(vault)));
  if (vault.enableSoftDelete) state.deletedVaults.push({ vault, deletedAt: now.toISOString() });
};

/**
 * The vault of that name that can be had back, put in its place again when that is wanted. Who only wants a new one under the
 * name is refused, in real words (public reports); null where nothing of the name was deleted. What is said of a vault that
 * cannot be had back is ours.
 */
export const recovered = (call: Call, createMode: string | null | undefined): Vault | null => {
  const { state } = call.world;
  const isIt = named(param(call, 'sub'), param(call, 'group'), param(call, 'vault'));
  const found = state.deletedVaults.find(({ vault }) => isIt(vault));
  if (createMode === 'recover') {
    if (found === undefined) throw armRefusal(404, 'DeletedVaultNotFound', 'There is no deleted vault to recover.');
    state.deletedVaults = state.deletedVaults.filter((one) => one !== found);
    state.vaults.push(found.vault);
    return found.vault;
  }
  if (found === undefined) return null;
  throw armRefusal(
    409,
    'ConflictError',
    'A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.',
  );
};
