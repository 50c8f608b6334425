/** Input of the steps and cards of a key operation, and whether the resource shows the requested key. */

import type { ArmId, KeyName, KeyVersion } from './ids.ts';
import {
  type CustomerKey,
  hasFailed,
  isNamedAlike,
  type KeyKind,
  type Observation,
  type ObservedResource,
  sameKey,
} from './observed.ts';

export interface KeyCreation {
  readonly kind: KeyKind;
  /** The version that it follows. Null: the key is new. */
  readonly after: KeyVersion | null;
}

export interface KeyChange {
  /**
   * The key that the approval replaces; null for a Microsoft-managed key. Any other key means that Azure changed after the
   * approval.
   */
  readonly from: CustomerKey | null;
  /**
   * `keyVersion` null: the run creates it. `follows`: the resource names no version and follows new ones; that version is the
   * newest now.
   */
  readonly to: {
    readonly vaultId: ArmId;
    readonly keyName: KeyName;
    readonly keyVersion: KeyVersion | null;
    readonly follows?: true;
  };
  readonly make: KeyCreation | null;
  /** Another version of the key, to be disabled. Missing: none. */
  readonly retire?: KeyVersion;
  /** Object ID of the identity that was last approved to use the key. Missing: not known, or of no interest. */
  readonly approvedIdentity?: string;
}

/** Everything that shared steps can use. Each step declares the part it needs. */
export interface KeyWork extends KeyChange {
  readonly resource: Pick<ObservedResource, 'kind' | 'id'>;
  readonly observed: Observation;
}

/** If the run creates it: the version that was found, or null. */
const requestedVersion = ({ to, observed }: Pick<KeyWork, 'to' | 'observed'>): KeyVersion | null =>
  to.keyVersion ?? observed.key?.version ?? null;

/** Returns whether the resource shows exactly the requested key, however the operation that sets it ended. */
export function showsRequestedKey(work: Pick<KeyWork, 'to' | 'observed'>): boolean {
  const { resource, vault } = work.observed;
  const { keyName, follows } = work.to;
  const wanted = { vaultUri: vault.uri, keyName, keyVersion: follows ? null : requestedVersion(work) };
  return resource.customerKey !== null && (follows ? isNamedAlike : sameKey)(resource.customerKey, wanted);
}

/** Returns whether the key is already set. After an operation that `Failed`, it isn't: the key must be set again. */
export const isAlreadySet = (work: Pick<KeyWork, 'to' | 'observed'>): boolean =>
  showsRequestedKey(work) && !hasFailed(work.observed.resource.provisioningState);
