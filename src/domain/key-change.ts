/** What an operation about a key comes to: what its steps are told, and what cards show. */

import type { ArmId, KeyName, KeyVersion } from './ids.ts';
import type { CustomerKey, KeyKind, Observation } from './observed.ts';
import { sameKey } from './observed.ts';
import { hasFailed } from './provisioning.ts';
import type { ResourceRef } from './wish.ts';

/** A key, or a further version of one, that the run makes. */
export interface Making {
  readonly kind: KeyKind;
  /** The version it comes after; null: the key is new. */
  readonly after: KeyVersion | null;
}

export interface KeyChange {
  /** The key the approval takes the resource from; null: Microsoft's. Any third one is a moved world. */
  readonly from: CustomerKey | null;
  /** `keyVersion` null: the run makes it. */
  readonly to: { readonly vaultId: ArmId; readonly keyName: KeyName; readonly keyVersion: KeyVersion | null };
  readonly make: Making | null;
}

/** All that the shared steps may ask for. Each names the least it needs. */
export interface KeyWork extends KeyChange {
  readonly resource: ResourceRef;
  readonly observed: Observation;
}

/** The version wanted: of one that is made, the one that was found; null while there is none. */
export const wantedVersion = ({ to, observed }: Pick<KeyWork, 'to' | 'observed'>): KeyVersion | null =>
  to.keyVersion ?? observed.key?.version ?? null;

/** Whether the resource shows exactly the key it should be under, whatever came of the operation that was to set it. */
export function showsWanted(work: Pick<KeyWork, 'to' | 'observed'>): boolean {
  const { resource, vault } = work.observed;
  const wanted = { vaultUri: vault.uri, keyName: work.to.keyName, keyVersion: wantedVersion(work) };
  return resource.customerKey !== null && sameKey(resource.customerKey, wanted);
}

/** Whether it already is where it should be. One that an operation left `Failed` is not: the key has to be set again. */
export const isThere = (work: Pick<KeyWork, 'to' | 'observed'>): boolean =>
  showsWanted(work) && !hasFailed(work.observed.resource.provisioningState);
