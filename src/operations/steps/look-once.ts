/** Caches reads of resources and vaults until the process changes something. */
import type { ArmId } from '../../domain/ids.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { ResourceRef } from '../../domain/wish.ts';

export interface LookingOnce {
  readonly azure: Azure;
  /** Clears the cache after a change or a possible change. */
  changed(): void;
}

/**
 * Returns ports that cache reads, for one attempt of one step. The check before the change and the change itself use the same
 * read; the verification after it reads again. Failed reads aren't cached.
 */
export function lookOnce(azure: Azure): LookingOnce {
  const { resources, vaults } = azure;
  const kept = {
    resources: new Map<ArmId, ReturnType<typeof resources.get>>(),
    vaults: new Map<ArmId, ReturnType<typeof vaults.get>>(),
  };
  const once = <O extends { readonly ok: boolean }>(
    of: Map<ArmId, Promise<O>>,
    id: ArmId,
    look: () => Promise<O>,
  ): Promise<O> => {
    const known = of.get(id);
    if (known !== undefined) return known;
    const looked = look();
    of.set(id, looked);
    const forget = (): void => {
      if (of.get(id) === looked) of.delete(id);
    };
    looked.then(({ ok }) => (ok ? undefined : forget()), forget);
    return looked;
  };
  return {
    azure: {
      ...azure,
      resources: { ...resources, get: (ref: ResourceRef) => once(kept.resources, ref.id, () => resources.get(ref)) },
      vaults: { ...vaults, get: (id) => once(kept.vaults, id, () => vaults.get(id)) },
    },
    changed() {
      kept.resources.clear();
      kept.vaults.clear();
    },
  };
}
