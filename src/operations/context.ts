/** What a plan is made with, beside the wish and what was observed. */
import type { Effect } from '../domain/effect.ts';
import type { OwnKey } from '../domain/own-key.ts';
import type { Terms } from '../domain/policy/policy.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';

/** What the policy says of vaults and keys. */
export type KeyTerms = Pick<Terms, 'vaults' | 'newKeyWantedBy'>;

export interface PlanContext {
  readonly tenantId: string;
  readonly policyVersion: string;
  /** By the policy as it now is, for the resource. */
  readonly terms: KeyTerms;
  readonly now: Date;
  /** What the request may have made itself. Null: nothing was done yet, the plan is made for people to look at. */
  readonly own: OwnKey | null;
}

/** What checks look at beside the work. */
export interface CheckContext extends PlanContext {
  readonly effects: readonly Effect[];
  readonly kind: ResourceKind;
}
