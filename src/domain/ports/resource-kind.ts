import type { z } from 'zod';
import type { Check } from '../check.ts';
import type { CustomerKey, ObservedResource, ObservedVault } from '../observed.ts';
import type { ResourceRef } from '../plan.ts';

/**
 * Everything specific to one kind of resource: data and pure functions. The adapter gets the registry of kinds, so adding a
 * kind takes a file and a line there. `Ref` is used covariantly only, so that one list can hold all kinds.
 */
export interface ResourceKind<Ref extends z.ZodType<ResourceRef> = z.ZodType<ResourceRef>> {
  /** Stored with every request: never changes. */
  readonly name: string;
  /** Display name: short, `agent`, and in full for readers who might not know it, `healthcare agent service`. */
  readonly noun: string;
  readonly nounInFull: string;
  readonly ref: Ref;
  readonly arm: {
    /** As in Azure's documentation. Azure itself returns different spellings. */
    readonly type: string;
    /** The API version that the schemas below follow. */
    readonly apiVersion: string;
    readonly names: RegExp;
  };
  /** Path of the vault's address in list results, from the resource down. */
  readonly customerKeyField: string;
  /** Reads and builds the part of the resource's `properties` that contains the key. */
  readonly customerKeyIn: (properties: unknown) => CustomerKey | null;
  readonly customerKeyBody: (key: CustomerKey) => Readonly<Record<string, unknown>>;
  readonly rights: { readonly read: readonly string[]; readonly write: readonly string[] };
  /** Checks whether this resource supports a customer-managed key. */
  readonly checks: (resource: ObservedResource) => readonly Check[];
  /** Returns whether resources of this kind can reach a vault with this firewall. */
  readonly reaches: (vault: Pick<ObservedVault, 'firewall'>) => boolean;
}
