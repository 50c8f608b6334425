import type { Effect } from '../domain/effect.ts';
import type { OwnKey } from '../domain/own-key.ts';
import type { Terms } from '../domain/policy/policy.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';

/** The policy's terms for vaults and keys. */
export type KeyTerms = Pick<Terms, 'vaults' | 'newKeyWantedBy'>;

export interface PlanContext {
  readonly tenantId: string;
  readonly policyVersion: string;
  /** Terms of the current policy for the resource. */
  readonly terms: KeyTerms;
  readonly now: Date;
  /** Keys that the request might have created. Null: no run yet, the plan is a preview. */
  readonly own: OwnKey | null;
}

/** Input of checks in addition to the key work. */
export interface CheckContext extends PlanContext {
  readonly effects: readonly Effect[];
  readonly kind: ResourceKind;
}
