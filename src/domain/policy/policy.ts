/**
 * Who may ask, who may approve, how many, for how long: ordered rules, of which the first that matches an agent applies. What
 * comes last matches every agent: the environment's settings.
 */
import { z } from 'zod';
import { type Plan, stepsOf } from '../plan.ts';
import { matches, type ResourceFacts, type Rule } from './rules.ts';

/** What the policy says of one request, fixed when it is submitted and whenever it asks anew. */
export const AppliedPolicy = z.strictObject({
  version: z.string(),
  /** Name of the rule. */
  rule: z.string(),
  /** With the one more that an irreversible step may need. */
  approvalsRequired: z.number().int().min(1),
  /** ISO 8601: the request expires unless it is decided by then. */
  expiresAt: z.string(),
});
export type AppliedPolicy = z.infer<typeof AppliedPolicy>;

/** The configured policy. */
export interface Policy {
  /** Changes with every change of a rule: part of every plan digest. */
  readonly version: string;
  /** In order: the first that matches applies. */
  readonly rules: readonly Rule[];
  /** The environment's settings: apply where no rule does. */
  readonly otherwise: Rule;
}

export const rulesOf = ({ rules, otherwise }: Policy): readonly Rule[] => [...rules, otherwise];

export const ruleFor = ({ rules, otherwise }: Policy, resource: ResourceFacts): Rule =>
  rules.find((rule) => matches(rule.match, resource)) ?? otherwise;

/** Whether a person holds a right: `unknown` when the directory did not answer, and then it counts as no. */
export type Standing = 'yes' | 'no' | 'unknown' | 'nobody-configured';

/** How many approvals a plan needs under a rule. */
const approvalsFor = (rule: Rule, plan: Plan): number => {
  const more = rule.extraApprovalForIrreversible && stepsOf(plan, 'irreversible').length > 0;
  return rule.approvalsRequired + (more ? 1 : 0);
};

/** What the policy says of this plan, by the agent as the plan observed it. */
export function applyPolicy(policy: Policy, plan: Plan, now: Date): AppliedPolicy {
  const rule = ruleFor(policy, plan.observation.resource);
  return {
    version: policy.version,
    rule: rule.name,
    approvalsRequired: approvalsFor(rule, plan),
    expiresAt: new Date(now.getTime() + rule.expiryMs).toISOString(),
  };
}
