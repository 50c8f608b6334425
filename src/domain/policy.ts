/** Who may ask, who may approve, how many, for how long. */
import { z } from 'zod';

/** What the policy says of one request, fixed when it is submitted. */
export const AppliedPolicy = z.object({
  version: z.string(),
  approvalsRequired: z.number().int().min(1),
  /** ISO 8601: the request expires unless it is decided by then. */
  expiresAt: z.string(),
});
export type AppliedPolicy = z.infer<typeof AppliedPolicy>;

/** The configured policy. Ids are Entra group ids or object ids; an empty list means nobody. */
export interface Policy {
  readonly version: string;
  readonly requesters: readonly string[];
  readonly approvers: readonly string[];
  readonly approvalsRequired: number;
  readonly expiryMs: number;
}

/** Whether a person holds a right: `unknown` when the directory did not answer, and then it counts as no. */
export type Standing = 'yes' | 'no' | 'unknown' | 'nobody-configured';

export const applyPolicy = (policy: Policy, now: Date): AppliedPolicy => ({
  version: policy.version,
  approvalsRequired: policy.approvalsRequired,
  expiresAt: new Date(now.getTime() + policy.expiryMs).toISOString(),
});
