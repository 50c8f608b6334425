/** Which changes around the bot Azure Policy refuses for an agent. */
import { z } from 'zod';
import type { ArmId } from './ids.ts';

/**
 * From the strongest to none. `exempt`: by an exemption, or excluded from the assignment. `not-listed`: assigned for other
 * resources. `unclear`: the definition can't be read or isn't that of infra/guard, or the assignment has selectors or overrides.
 */
export const guardStates = ['refused', 'audit-only', 'exempt', 'off', 'not-listed', 'unclear', 'not-assigned'] as const;
export type GuardState = (typeof guardStates)[number];

/** What of an agent can be guarded, in the order in which people read it. */
export const guardAims = ['stripping', 'anotherKey', 'deletion', 'vaultDeletion'] as const;
export type GuardAim = (typeof guardAims)[number];
/** Part of stored plans: it changes by the rule of ADR 12 alone. */
export const GuardStates = z.partialRecord(z.enum(guardAims), z.enum(guardStates));
export type GuardStates = Readonly<z.infer<typeof GuardStates>>;

/** An agent without a customer-managed key has nothing but `anotherKey`. */
export interface AgentGuard {
  readonly id: ArmId;
  readonly name: string;
  readonly states: GuardStates;
}

/** Where Azure Policy and the approval policy permit different vaults. */
export interface VaultDifference {
  readonly subscriptionId: string;
  /** Azure refuses keys that people can request. */
  readonly refused: readonly string[];
  /** Azure permits keys that no request can set. */
  readonly permitted: readonly string[];
}
