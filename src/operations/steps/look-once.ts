/** Looking at a resource and a vault once for as long as this process changes nothing. */
import type { ArmId } from '../../domain/ids.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { ResourceRef } from '../../domain/wish.ts';

export interface LookingOnce {
  readonly azure: Azure;
  /** Something was changed, or may have been: from here on everything is looked at anew. */
  changed(): void;
}

/**
 * For one try of one step: what is checked before the change and what the change is made from is the same reading, and whatever
 * is read back was read after the change. A reading that failed is kept for nobody.
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
