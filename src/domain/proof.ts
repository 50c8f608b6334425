/** Proof levels: how much of a success is known rather than believed. */
import { z } from 'zod';

/**
 * L0 `read-back`: ARM reports the key and version. L1 `permission-held`: the agent's identity may use the key.
 * L2 `key-usable`: wrapping and unwrapping throw-away bytes worked. L3 `use-seen`: the vault's log shows the agent's use.
 */
export const ProofLevel = z.enum(['read-back', 'permission-held', 'key-usable', 'use-seen']);
export type ProofLevel = z.infer<typeof ProofLevel>;

export const Proof = z.strictObject({
  level: ProofLevel,
  /** `not-checked`: the bot is not allowed to look, or nothing looks yet. */
  outcome: z.enum(['proved', 'not-checked']),
  /** Why it was not checked. Missing: for the usual reason, or from before ADR 20, when it was not kept. */
  because: z.literal('firewall').optional(),
});
export type Proof = z.infer<typeof Proof>;

const order: readonly ProofLevel[] = ['read-back', 'permission-held', 'key-usable', 'use-seen'];

const isProved = (proofs: readonly Proof[], level: ProofLevel): boolean =>
  proofs.some((proof) => proof.level === level && proof.outcome === 'proved');

/**
 * The highest level proved without a gap below it; null when not even the read-back holds. A key that the resource was seen to
 * use is usable, also where the bot may not try it.
 */
export function highestProof(proofs: readonly Proof[]): ProofLevel | null {
  let highest: ProofLevel | null = null;
  for (const level of order) {
    const seen = level === 'key-usable' && isProved(proofs, 'use-seen');
    if (!seen && !isProved(proofs, level)) return highest;
    highest = level;
  }
  return highest;
}

/** Nothing less is a success: Azure reports the key, and the agent's identity may use it. */
export const provesSuccess = (proofs: readonly Proof[]): boolean =>
  (['read-back', 'permission-held'] as const).every((level) => isProved(proofs, level));
