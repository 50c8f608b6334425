/** Detects resources and vaults that were moved to another resource group or subscription, or deleted and created again. */
import { botFailure, done, type Failure, type Outcome } from '../../domain/failure.ts';
import { type ArmId, armIdParts, sameArmId } from '../../domain/ids.ts';
import { type Observation, type ObservedResource, type RecreatedObject, replacedSince } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';

type Approved = Pick<Observation, 'resource' | 'vault'>;

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Finds a vault's new id. Vault names are unique in all of Azure, so the same name elsewhere is the same vault. Lists can lag.
 */
export async function findMovedVault(
  { inventory }: Pick<Azure, 'inventory'>,
  id: ArmId,
): Promise<Outcome<ArmId | null>> {
  const all = await inventory.vaults();
  if (!all.ok) return all;
  const found = all.value.find(({ name }) => sameName(name, armIdParts(id).name));
  return done(found === undefined || sameArmId(found.id, id) ? null : found.id);
}

const maxCompared = 5;

/** Returns whether two resources are the same. Names aren't unique, so the creation time or the identity must match. */
function isSame(before: ObservedResource, found: ObservedResource): boolean {
  const was = before.createdAt;
  const now = found.createdAt;
  if (was !== null && now !== null) return replacedSince('resource', before, found) === null;
  return before.principalId !== null && before.principalId === found.principalId;
}

async function findMovedResource({ inventory, resources }: Azure, before: ObservedResource): Promise<ArmId | null> {
  const { kind, id, name } = before;
  const listed = await inventory.resources(name, 50);
  if (!listed.ok) return null;
  const alike = listed.value.filter((one) => one.kind === kind && sameName(one.name, name) && !sameArmId(one.id, id));
  for (const one of alike.slice(0, maxCompared)) {
    const found = await resources.get({ kind, id: one.id });
    if (found.ok && found.value !== null && isSame(before, found.value)) return one.id;
  }
  return null;
}

/** Replaces a `missing` failure with the new location, if found. An unreadable list leaves the failure unchanged. */
export async function withNewLocation(azure: Azure, { resource, vault }: Approved, failure: Failure): Promise<Failure> {
  if (failure.source !== 'bot' || failure.found.code !== 'missing') return failure;
  const { doing, found } = failure;
  if (found.what === 'resource') {
    const to = await findMovedResource(azure, resource);
    return to === null ? failure : botFailure(doing, { code: 'resource-moved', to });
  }
  if (found.what !== 'vault') return failure;
  const to = await findMovedVault(azure, vault.id);
  return !to.ok || to.value === null ? failure : botFailure(doing, { code: 'vault-moved', to: to.value });
}

type Created = { readonly createdAt?: string | null | undefined };

function failIfReplaced<T extends Created>(
  what: RecreatedObject['what'],
  before: T,
  read: Outcome<T | null>,
): Outcome<T | null> {
  if (!read.ok || read.value === null) return read;
  const replaced = replacedSince(what, before, read.value);
  if (replaced === null) return read;
  return { ok: false, failure: botFailure(`reading the ${what}`, { code: 'replaced', ...replaced }) };
}

/**
 * Returns ports that fail if the resource or the vault was deleted and created again since the approval: docs/decisions/0024.
 */
export function rejectReplaced(azure: Azure, { resource, vault }: Pick<Observation, 'resource' | 'vault'>): Azure {
  const { resources, vaults } = azure;
  return {
    ...azure,
    resources: {
      ...resources,
      get: async (ref) => {
        const read = await resources.get(ref);
        return sameArmId(ref.id, resource.id) ? failIfReplaced('resource', resource, read) : read;
      },
    },
    vaults: {
      ...vaults,
      get: async (id) => {
        const read = await vaults.get(id);
        return sameArmId(id, vault.id) ? failIfReplaced('vault', vault, read) : read;
      },
    },
  };
}
