/** What a plan is made with, beside the wish and what was observed. */
import type { Effect } from '../domain/effect.ts';
import type { RequestId } from '../domain/ids.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';

/** What a request may have brought about itself, when a plan is made for a run of it. */
export interface Own {
  readonly requestId: RequestId;
  /** The version it made, where it is known to have made one. */
  readonly keyVersion: string | null;
}

export interface PlanContext {
  readonly tenantId: string;
  readonly policyVersion: string;
  readonly now: Date;
  /** Null: nothing was done yet, the plan is made for people to look at. */
  readonly own: Own | null;
}

/** What checks look at beside the work. */
export interface CheckContext extends PlanContext {
  readonly effects: readonly Effect[];
  readonly kind: ResourceKind;
}
