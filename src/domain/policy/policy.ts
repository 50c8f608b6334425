/**
 * Who may ask, who may approve, how many, for how long: ordered rules, of which the first that matches an agent applies. What
 * comes last matches every agent: the environment's settings. Rules that look at tags only make stricter what that rule says.
 */
import { z } from 'zod';
import { type Plan, stepsOf } from '../plan.ts';
import type { ChangeReferenceRule } from './change-reference.ts';
import {
  allHold,
  type Criterion,
  criteriaOf,
  isVouchedFor,
  Judged,
  matches,
  type ResourceFacts,
  type Rule,
  type TagRule,
  tagCriteriaOf,
  type VaultMatch,
} from './rules.ts';

/** A rule that holds, and why: every criterion it has. */
export const HeldRule = z.strictObject({
  rule: z.string(),
  criteria: z.array(z.strictObject({ name: z.string(), found: z.string().nullable(), judged: Judged })),
});
export type HeldRule = z.infer<typeof HeldRule>;

/** What the policy says of one request, fixed when it is submitted and whenever it asks anew. */
export const AppliedPolicy = z.strictObject({
  version: z.string(),
  /** SHA-256 of the whole policy, of which the version is the beginning. Missing: asked before it was kept. */
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Name of the rule, of those without tags. In requests from before there was `held`, of any. */
  rule: z.string(),
  /** That rule and those that make it stricter, each with its reasons. Missing: asked before reasons were kept. */
  held: z.array(HeldRule).optional(),
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
  /** SHA-256 of all of it, in hexadecimal: the version is for eyes, this one for proofs. */
  readonly digest: string;
  /** In order: the first that matches applies. */
  readonly rules: readonly Rule[];
  /** The environment's settings: apply where no rule does. */
  readonly otherwise: Rule;
  /** All that hold for an agent make the rule that applies to it stricter. */
  readonly tagRules: readonly TagRule[];
  /** Tags of which an operator says that nobody who asks can write them. */
  readonly trustedTags: readonly string[];
  readonly changeReference: ChangeReferenceRule | null;
}

export const rulesOf = ({ rules, otherwise }: Policy): readonly Rule[] => [...rules, otherwise];

/** The rule without tags. It rests on where and what an agent is, which nobody can rewrite. */
export const ruleFor = ({ rules, otherwise }: Policy, resource: Pick<ResourceFacts, 'id' | 'name'>): Rule =>
  rules.find((rule) => matches(rule.match, resource)) ?? otherwise;

/** What holds for an agent: the rule that applies, made stricter by each rule by tag that holds. */
export interface Terms {
  readonly rule: Rule;
  readonly tightenedBy: readonly TagRule[];
  /** Each is a list of ids: whoever asks has to be in every one. */
  readonly requesters: readonly (readonly string[])[];
  /** The same of whoever approves. */
  readonly approvers: readonly (readonly string[])[];
  readonly approvalsRequired: number;
  readonly expiryMs: number;
  readonly extraApprovalForIrreversible: boolean;
  /** Every one of these rules has to permit a vault. */
  readonly vaults: readonly { readonly rule: string; readonly permits: readonly VaultMatch[] }[];
  /** Names of the rules that want a key, or a version of one, that the request makes. */
  readonly newKeyWantedBy: readonly string[];
}

const given = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);

export function termsFor(policy: Policy, resource: ResourceFacts): Terms {
  const rule = ruleFor(policy, resource);
  const tightenedBy = policy.tagRules.filter(({ match }) =>
    allHold(tagCriteriaOf(match, resource, policy.trustedTags)),
  );
  const all: readonly (Rule | TagRule)[] = [rule, ...tightenedBy];
  return {
    rule,
    tightenedBy,
    requesters: [rule.requesters, ...tightenedBy.flatMap(({ requesters }) => given(requesters))],
    approvers: [rule.approvers, ...tightenedBy.flatMap(({ approvers }) => given(approvers))],
    approvalsRequired: Math.max(
      rule.approvalsRequired,
      ...tightenedBy.flatMap(({ approvalsRequired }) => given(approvalsRequired)),
    ),
    expiryMs: Math.min(rule.expiryMs, ...tightenedBy.flatMap(({ expiryMs }) => given(expiryMs))),
    extraApprovalForIrreversible: all.some((one) => one.extraApprovalForIrreversible === true),
    vaults: all.flatMap(({ name, vaults }) => given(vaults).map((permits) => ({ rule: name, permits }))),
    newKeyWantedBy: all.filter(({ requireNewKey }) => requireNewKey === true).map(({ name }) => name),
  };
}

/** Tags of a rule that say nothing, because anybody may have written them: it holds whatever they are. */
export const tagsNotVouchedFor = (
  { match }: TagRule,
  { trustedTags }: Pick<Policy, 'trustedTags'>,
): readonly string[] => Object.keys(match.tags).filter((tag) => !isVouchedFor(trustedTags, tag));

/** Whether what holds can rest on tags at all: where not, nobody need look at them. */
export const looksAtTags = (policy: Policy): boolean =>
  policy.tagRules.some((rule) => tagsNotVouchedFor(rule, policy).length < Object.keys(rule.match.tags).length);

/** Whether a person holds a right: `unknown` when the directory did not answer, and then it counts as no. */
export type Standing = 'yes' | 'no' | 'unknown' | 'nobody-configured';

/** How many approvals a plan needs. */
const approvalsFor = (terms: Terms, plan: Plan): number => {
  const more = terms.extraApprovalForIrreversible && stepsOf(plan, 'irreversible').length > 0;
  return terms.approvalsRequired + (more ? 1 : 0);
};

const held = (rule: string, criteria: readonly Criterion[]): HeldRule => ({
  rule,
  criteria: criteria.map(({ name, found, judged }) => ({ name, found, judged })),
});

/** What the policy says of this plan, by the agent as the plan observed it. */
export function applyPolicy(policy: Policy, plan: Plan, now: Date): AppliedPolicy {
  const { resource } = plan.observation;
  const terms = termsFor(policy, resource);
  return {
    version: policy.version,
    digest: policy.digest,
    rule: terms.rule.name,
    held: [
      held(terms.rule.name, criteriaOf(terms.rule.match, resource)),
      ...terms.tightenedBy.map(({ name, match }) => held(name, tagCriteriaOf(match, resource, policy.trustedTags))),
    ],
    approvalsRequired: approvalsFor(terms, plan),
    expiresAt: new Date(now.getTime() + terms.expiryMs).toISOString(),
  };
}
