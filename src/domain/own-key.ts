/**
 * How a request knows the key that it made. Whoever may import keys into the vault can give theirs any name and any tag, and
 * can copy what they read; they cannot know a nonce before the key that carries it is made, nor choose a version's id or the
 * time at which Azure says that it was made. docs/decisions/0014.
 */
import { z } from 'zod';
import type { KeyVersion } from './ids.ts';
import type { Doubt, ObservedKey } from './observed.ts';

/** SHA-256 in hexadecimal digits of a nonce of 256 random bits. */
export const NonceHash = z.string().regex(/^[0-9a-f]{64}$/);

/** That a key was about to be made, as the record has it. */
export interface KeyIntent {
  readonly nonceHash: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What the record has of what the request made. */
export interface OwnKey {
  /** The version that Azure answered; null where no answer was stored. */
  readonly keyVersion: string | null;
  readonly intents: readonly KeyIntent[];
}

/** Versions of a key, oldest first. */
export interface KeyVersions {
  readonly versions: readonly ObservedKey[];
  /** False: there are more than were read. */
  readonly complete: boolean;
}

/** Whose a key is; `none`: nothing stands in the way of making it. */
export type Ownership =
  | { readonly is: 'none' }
  | { readonly is: 'own'; readonly key: ObservedKey }
  | { readonly is: 'others'; readonly key: ObservedKey }
  | { readonly is: 'doubtful'; readonly key: ObservedKey; readonly doubt: Doubt };

/** How far Azure's clock and the record's may differ, and how long a call to make a key may be on its way. */
const clocksDifferMs = 60_000;
const callTakesMs = 120_000;

function isOfItsTime({ created }: ObservedKey, { at }: KeyIntent): boolean {
  if (created === null) return false;
  const after = Date.parse(created) - Date.parse(at);
  return after >= -clocksDifferMs && after <= callTakesMs + clocksDifferMs;
}

/**
 * Judges what is found where the answer was lost: the nonce decides, and whatever could have been done with it by somebody who
 * read it is a doubt. `after`: the version that the made one follows, which is not among those found; null for a new key,
 * where anything under the name that is not the request's own is somebody else's.
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
  // A vault tells whole seconds: of two in one nobody can say which was first.
  const isFirst = versions.every((one) => one === key || (one.created ?? '') > (key.created ?? ''));
  if (marked.length > 1) return { is: 'doubtful', key, doubt: 'copied' };
  if (after === null && !isFirst) return { is: 'doubtful', key, doubt: 'not-the-first' };
  if (!complete) return { is: 'doubtful', key, doubt: 'too-many-versions' };
  const intent = intentOf(key);
  return intent !== undefined && isOfItsTime(key, intent)
    ? { is: 'own', key }
    : { is: 'doubtful', key, doubt: 'made-at-another-time' };
}
