/** Verification levels: how much of a successful change was verified. */
import { z } from 'zod';

/**
 * L0 `read-back`: ARM returns the key and version. L1 `permission-held`: the resource's identity has permission to use the key.
 * L2 `key-usable`: wrapping and unwrapping test bytes worked. L3 `use-seen`: the vault's log shows that the resource used it.
 */
export const ProofLevel = z.enum(['read-back', 'permission-held', 'key-usable', 'use-seen']);
export type ProofLevel = z.infer<typeof ProofLevel>;

export const Proof = z.strictObject({
  level: ProofLevel,
  /** `not-checked`: the bot has no permission to check, or hasn't checked yet. */
  outcome: z.enum(['proved', 'not-checked']),
  /** Why it wasn't checked. Missing: the usual reason. */
  because: z.literal('firewall').optional(),
});
export type Proof = z.infer<typeof Proof>;

const isProved = (proofs: readonly Proof[], level: ProofLevel): boolean =>
  proofs.some((proof) => proof.level === level && proof.outcome === 'proved');

/**
 * Returns the highest level verified without a gap below it; null if not even the read-back is. A use in the log also proves
 * `key-usable`, in case the bot can't test the key itself.
 */
export function highestProof(proofs: readonly Proof[]): ProofLevel | null {
  let highest: ProofLevel | null = null;
  for (const level of ProofLevel.options) {
    const seen = level === 'key-usable' && isProved(proofs, 'use-seen');
    if (!seen && !isProved(proofs, level)) return highest;
    highest = level;
  }
  return highest;
}

/**
 * Returns whether the minimum for success is verified: Azure returns the key, and the resource's identity has permission to use
 * it.
 */
export const provesSuccess = (proofs: readonly Proof[]): boolean =>
  (['read-back', 'permission-held'] as const).every((level) => isProved(proofs, level));
