/** Detects resources and vaults that were moved to another resource group or subscription, or deleted and created again. */
import { done, type Failure, foundThat, type Outcome } from '../../domain/failure.ts';
import { type ArmId, armIdParts, sameArmId } from '../../domain/ids.ts';
import { type Observation, type ObservedResource, replacedSince } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';

type Approved = Pick<Observation, 'resource' | 'vault'>;

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Finds a vault's new id. Vault names are unique in all of Azure, so the same name elsewhere is the same vault. Lists can lag.
 */
export async function vaultMovedTo({ inventory }: Pick<Azure, 'inventory'>, id: ArmId): Promise<Outcome<ArmId | null>> {
  const all = await inventory.vaults();
  if (!all.ok) return all;
  const found = all.value.find(({ name }) => sameName(name, armIdParts(id).name));
  return done(found === undefined || sameArmId(found.id, id) ? null : found.id);
}

/** Maximum number of resources of one name that are compared. */
const mostCompared = 5;

/** Returns whether two resources are the same. Names aren't unique, so the creation time or the identity must match. */
function isSame(before: ObservedResource, found: ObservedResource): boolean {
  const [was, now] = [before.createdAt, found.createdAt];
  if (was !== null && now !== null) return replacedSince('resource', before, found) === null;
  return before.principalId !== null && before.principalId === found.principalId;
}

async function resourceMovedTo({ inventory, resources }: Azure, before: ObservedResource): Promise<ArmId | null> {
  const { kind, id, name } = before;
  const listed = await inventory.resources(name, 50);
  if (!listed.ok) return null;
  const alike = listed.value.filter((one) => one.kind === kind && sameName(one.name, name) && !sameArmId(one.id, id));
  for (const one of alike.slice(0, mostCompared)) {
    const found = await resources.get({ kind, id: one.id });
    if (found.ok && found.value !== null && isSame(before, found.value)) return one.id;
  }
  return null;
}

/** Replaces a `missing` failure with the new location, if found. An unreadable list leaves the failure unchanged. */
export async function orMoved(azure: Azure, { resource, vault }: Approved, failure: Failure): Promise<Failure> {
  if (failure.source !== 'bot' || failure.found.code !== 'missing') return failure;
  const { doing, found } = failure;
  if (found.what === 'resource') {
    const to = await resourceMovedTo(azure, resource);
    return to === null ? failure : foundThat(doing, { code: 'resource-moved', to });
  }
  if (found.what !== 'vault') return failure;
  const to = await vaultMovedTo(azure, vault.id);
  return !to.ok || to.value === null ? failure : foundThat(doing, { code: 'vault-moved', to: to.value });
}
