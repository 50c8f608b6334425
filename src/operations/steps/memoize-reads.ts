/** Caches reads of resources and vaults until the process changes something. */
import type { ArmId } from '../../domain/ids.ts';
import type { ResourceRef } from '../../domain/plan.ts';
import type { Azure } from '../../domain/ports/azure.ts';

export interface MemoizedReads {
  readonly azure: Azure;
  /** Clears the cache after a change or a possible change. */
  invalidate(): void;
}

/**
 * Returns ports that cache reads, for one attempt of one step. The check before the change and the change itself use the same
 * read; the verification after it reads again. Failed reads aren't cached.
 */
export function memoizeReads(azure: Azure): MemoizedReads {
  const { resources, vaults } = azure;
  const cache = {
    resources: new Map<ArmId, ReturnType<typeof resources.get>>(),
    vaults: new Map<ArmId, ReturnType<typeof vaults.get>>(),
  };
  const memoize = <O extends { readonly ok: boolean }>(
    reads: Map<ArmId, Promise<O>>,
    id: ArmId,
    read: () => Promise<O>,
  ): Promise<O> => {
    const cached = reads.get(id);
    if (cached !== undefined) return cached;
    const pending = read();
    reads.set(id, pending);
    const forget = (): void => {
      if (reads.get(id) === pending) reads.delete(id);
    };
    pending.then(({ ok }) => (ok ? undefined : forget()), forget);
    return pending;
  };
  return {
    azure: {
      ...azure,
      resources: {
        ...resources,
        get: (ref: ResourceRef) => memoize(cache.resources, ref.id, () => resources.get(ref)),
      },
      vaults: { ...vaults, get: (id) => memoize(cache.vaults, id, () => vaults.get(id)) },
    },
    invalidate() {
      cache.resources.clear();
      cache.vaults.clear();
    },
  };
}
