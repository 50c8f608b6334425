/**
 * Ownership of a key that was found: whether this request created it. People who can import keys into the vault can copy any
 * name and tag that they can read. They can't know a nonce before the key with it exists, and can't choose a version's ID or
 * creation time. See docs/decisions/0014.
 */

import { z } from 'zod';
import type { KeyVersion } from './ids.ts';
import type { Doubt, ObservedKey } from './observed.ts';

/** SHA-256 of a 256-bit random nonce, in hexadecimal digits. */
export const NonceHash = z.string().regex(/^[0-9a-f]{64}$/);

export interface KeyIntent {
  readonly nonceHash: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What the audit log says about the key that the request created. */
export interface OwnKey {
  /** The version in Azure's response; null if no response was stored. */
  readonly keyVersion: string | null;
  readonly intents: readonly KeyIntent[];
}

export interface KeyVersions {
  readonly versions: readonly ObservedKey[];
  /** False: the key has more versions than were read. */
  readonly complete: boolean;
}

/** The owner of a key. `none`: no key exists, so one can be created. */
export type Ownership =
  | { readonly is: 'none' }
  | { readonly is: 'own'; readonly key: ObservedKey }
  | { readonly is: 'others'; readonly key: ObservedKey }
  | { readonly is: 'doubtful'; readonly key: ObservedKey; readonly doubt: Doubt };

/** Allowed difference between Azure's clock and the audit log's, and the longest duration of a call that creates a key. */
const clocksDifferMs = 60_000;
const callTakesMs = 120_000;

function isOfItsTime({ created }: ObservedKey, { at }: KeyIntent): boolean {
  if (created === null) return false;
  const after = Date.parse(created) - Date.parse(at);
  return after >= -clocksDifferMs && after <= callTakesMs + clocksDifferMs;
}

/**
 * Decides who owns the key that was found after Azure's response was lost. The nonce decides; anything that a person who
 * read it could have done is a doubt. `after`: the version that the created one follows, which isn't among those found. It's
 * null for a new key; then a key without the request's nonce is someone else's.
 */
export function ownershipOf(
  { versions, complete }: KeyVersions,
  after: KeyVersion | null,
  intents: readonly KeyIntent[],
): Ownership {
  const [oldest] = versions;
  if (oldest === undefined) return { is: 'none' };
  const intentOf = (key: ObservedKey) => intents.find(({ nonceHash }) => nonceHash === key.nonceHash);
  const marked = versions.filter((key) => intentOf(key) !== undefined);
  const [key] = marked;
  if (key === undefined) {
    if (after === null) return { is: 'others', key: oldest };
    return complete || intents.length === 0
      ? { is: 'none' }
      : { is: 'doubtful', key: oldest, doubt: 'too-many-versions' };
  }
  // Vaults return whole seconds, so the order of two versions in the same second is unknown.
  const isFirst = versions.every((one) => one === key || (one.created ?? '') > (key.created ?? ''));
  if (marked.length > 1) return { is: 'doubtful', key, doubt: 'copied' };
  if (after === null && !isFirst) return { is: 'doubtful', key, doubt: 'not-the-first' };
  if (!complete) return { is: 'doubtful', key, doubt: 'too-many-versions' };
  const intent = intentOf(key);
  return intent !== undefined && isOfItsTime(key, intent)
    ? { is: 'own', key }
    : { is: 'doubtful', key, doubt: 'made-at-another-time' };
}
