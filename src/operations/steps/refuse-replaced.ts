import { foundThat, type Outcome } from '../../domain/failure.ts';
import { sameArmId } from '../../domain/ids.ts';
import { type Observation, type ReplacedKey, replacedSince } from '../../domain/observed.ts';
import type { Azure } from '../../domain/ports/azure.ts';

type Created = { readonly createdAt?: string | null | undefined };

function unlessReplaced<T extends Created>(
  what: ReplacedKey['what'],
  before: T,
  read: Outcome<T | null>,
): Outcome<T | null> {
  if (!read.ok || read.value === null) return read;
  const replaced = replacedSince(what, before, read.value);
  if (replaced === null) return read;
  return { ok: false, failure: foundThat(`reading the ${what}`, { code: 'replaced', ...replaced }) };
}

/**
 * Returns ports that fail if the resource or the vault was deleted and created again since the approval: docs/decisions/0024.
 */
export function refuseReplaced(azure: Azure, { resource, vault }: Pick<Observation, 'resource' | 'vault'>): Azure {
  const { resources, vaults } = azure;
  return {
    ...azure,
    resources: {
      ...resources,
      get: async (ref) => {
        const read = await resources.get(ref);
        return sameArmId(ref.id, resource.id) ? unlessReplaced('resource', resource, read) : read;
      },
    },
    vaults: {
      ...vaults,
      get: async (id) => {
        const read = await vaults.get(id);
        return sameArmId(id, vault.id) ? unlessReplaced('vault', vault, read) : read;
      },
    },
  };
}
