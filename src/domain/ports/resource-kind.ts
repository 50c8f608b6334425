import type { z } from 'zod';
import type { Check } from '../check.ts';
import type { CustomerKey, ObservedResource, ObservedVault } from '../observed.ts';
import type { ResourceRef } from '../wish.ts';

/**
 * All that is particular to one kind of resource: data and pure functions. The adapter over kinds is handed the registry, so a
 * second kind is a file and a line. `Ref` stands in a covariant place only, so that every kind fits into one list.
 */
export interface ResourceKind<Ref extends z.ZodType<ResourceRef> = z.ZodType<ResourceRef>> {
  /** As it is stored with every request: never changes. */
  readonly name: string;
  /** What people read: `agent`, and in full where they may not know it: `healthcare agent service`. */
  readonly noun: string;
  readonly nounInFull: string;
  readonly ref: Ref;
  readonly arm: {
    /** As Azure's documentation spells it; Azure itself writes it in more than one way. */
    readonly type: string;
    /** Of which version the shapes below are. */
    readonly apiVersion: string;
    readonly names: RegExp;
  };
  /** Where lists find the address of the customer's vault, from the resource down. */
  readonly customerKeyField: string;
  /** Where the key stands in the resource's `properties`: how it is read, and what to send to set it. */
  readonly customerKeyIn: (properties: unknown) => CustomerKey | null;
  readonly customerKeyBody: (key: CustomerKey) => Readonly<Record<string, unknown>>;
  readonly rights: { readonly read: readonly string[]; readonly write: readonly string[] };
  /** Whether this resource can be put under a customer's key at all. */
  readonly checks: (resource: ObservedResource) => readonly Check[];
  /** Whether resources of this kind get through the vault's firewall. */
  readonly reaches: (vault: Pick<ObservedVault, 'firewall'>) => boolean;
}
