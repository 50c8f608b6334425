/**
 * Approval policy: who can request, who can approve, how many approvals and how much time are needed. The first matching
 * rule applies to a resource. The last rule comes from the environment's settings and matches every resource. Rules with tags can
 * only make that rule stricter.
 */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { type Plan, stepsOf } from '../plan.ts';
import { type Refusal, refuse } from '../request/refusal.ts';
import {
  allHold,
  type Criterion,
  criteriaOf,
  isOfKinds,
  isTrustedTag,
  Judged,
  type KeyTerms,
  type ResourceFacts,
  type Rule,
  type TagRule,
  tagCriteriaOf,
} from './rules.ts';

/** A rule that applies, with all its criteria as reasons. */
export const AppliedRule = z.strictObject({
  rule: z.string(),
  criteria: z.array(z.strictObject({ name: z.string(), found: z.string().nullable(), judged: Judged })),
});
export type AppliedRule = z.infer<typeof AppliedRule>;

/** The policy's result for one request, fixed when it's submitted, changed or needs approval again. */
export const AppliedPolicy = z.strictObject({
  version: z.string(),
  /** SHA-256 of the whole policy; the version is its beginning. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  rule: z.string(),
  /** That rule and the rules that make it stricter, with reasons. */
  held: z.array(AppliedRule),
  /** Includes the extra approval for an irreversible step. */
  approvalsRequired: z.number().int().min(1),
  /** ISO 8601. A request that isn't decided by then expires. */
  expiresAt: z.string(),
  /** ISO 8601. A request that isn't decided by then is escalated, which only notifies. Missing: never. */
  escalateAt: z.iso.datetime().optional(),
});
export type AppliedPolicy = z.infer<typeof AppliedPolicy>;

export interface Policy {
  /** Part of every plan digest. Changes with every change of a rule. */
  readonly version: string;
  /** SHA-256 of the whole policy in hexadecimal. The shorter version is for display. */
  readonly digest: string;
  readonly rules: readonly Rule[];
  /** The rule from the environment's settings, if no other matches. */
  readonly otherwise: Rule;
  /** Every one that applies makes the resource's rule stricter. */
  readonly tagRules: readonly TagRule[];
  /** Tags that requesters can't write, according to the operator. */
  readonly trustedTags: readonly string[];
  readonly changeReference: ChangeReferenceRule | null;
  /** What a rule without `kinds` means: ARM types in lower case. */
  readonly usualKinds: readonly string[];
  /** Not in the digest, because escalation only notifies. Missing: none. */
  readonly escalateAfterMs?: number | undefined;
}

export const rulesOf = ({ rules, otherwise }: Policy): readonly Rule[] => [...rules, otherwise];

/**
 * Returns the rule without tags. It depends on the resource's location and type only, which requesters can't change. If no
 * rule covers its kind, no one can request or approve.
 */
export function ruleFor(policy: Policy, resource: Pick<ResourceFacts, 'id' | 'name'>): Rule {
  const { otherwise, usualKinds } = policy;
  const found = rulesOf(policy).find(
    ({ match }) => isOfKinds(match, resource, usualKinds) && allHold(criteriaOf(match, resource)),
  );
  return found ?? { ...otherwise, requesters: [], approvers: [] };
}

/** The rules for a resource, combined: the matching rule, made stricter by each tag rule that applies. */
export interface Terms extends KeyTerms {
  readonly rule: Rule;
  readonly tightenedBy: readonly TagRule[];
  /** Lists of IDs. A requester must be in every list. */
  readonly requesters: readonly (readonly string[])[];
  /** Lists of IDs. An approver must be in every list. */
  readonly approvers: readonly (readonly string[])[];
  readonly approvalsRequired: number;
  readonly expiryMs: number;
  readonly extraApprovalForIrreversible: boolean;
}

const given = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);

export function termsFor(policy: Policy, resource: ResourceFacts): Terms {
  const rule = ruleFor(policy, resource);
  const tightenedBy = policy.tagRules.filter(
    ({ match }) =>
      isOfKinds(match, resource, policy.usualKinds) && allHold(tagCriteriaOf(match, resource, policy.trustedTags)),
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

/** Returns the rule's untrusted tags. Requesters might be able to write them, so their values don't limit the rule. */
export const untrustedTags = ({ match }: TagRule, { trustedTags }: Pick<Policy, 'trustedTags'>): readonly string[] =>
  Object.keys(match.tags).filter((tag) => !isTrustedTag(trustedTags, tag));

/** Returns whether any rule depends on a trusted tag. If not, tags needn't be read. */
export const looksAtTags = (policy: Policy): boolean =>
  policy.tagRules.some((rule) => untrustedTags(rule, policy).length < Object.keys(rule.match.tags).length);

/** Whether a person has a role. `unknown`: the directory didn't answer, which counts as no. */
export type RoleStatus = 'yes' | 'no' | 'unknown' | 'none-configured';

const approvalsFor = (terms: Terms, plan: Plan): number => {
  const more = terms.extraApprovalForIrreversible && stepsOf(plan, 'irreversible').length > 0;
  return terms.approvalsRequired + (more ? 1 : 0);
};

const held = (rule: string, criteria: readonly Criterion[]): AppliedRule => ({
  rule,
  criteria: [...criteria],
});

export function applyPolicy(policy: Policy, plan: Plan, now: Date): AppliedPolicy {
  const { resource } = plan.observation;
  const terms = termsFor(policy, resource);
  const after = (ms: number): string => new Date(now.getTime() + ms).toISOString();
  const { escalateAfterMs: escalateMs = Number.POSITIVE_INFINITY } = policy;
  return {
    version: policy.version,
    digest: policy.digest,
    rule: terms.rule.name,
    held: [
      held(terms.rule.name, criteriaOf(terms.rule.match, resource)),
      ...terms.tightenedBy.map(({ name, match }) => held(name, tagCriteriaOf(match, resource, policy.trustedTags))),
    ],
    approvalsRequired: approvalsFor(terms, plan),
    expiresAt: after(terms.expiryMs),
    ...(escalateMs < terms.expiryMs ? { escalateAt: after(escalateMs) } : {}),
  };
}

/** A change number: the ID of a change in another system, such as `CHG0031337`. The audit log stores it for good. */
export const ChangeReference = z.string().min(1).max(64);

/** The policy file's rule. Null: optional, in the default format. */
export interface ChangeReferenceRule {
  /** A regular expression (RE2 syntax) that must match the whole change number. */
  readonly pattern: string;
  readonly required: boolean;
}

/** Default format. It allows no spaces, so that no personal data gets into the audit log, where it can't be erased. */
const usualPattern = '[A-Za-z0-9][A-Za-z0-9._/#-]*';

/** Compiles a pattern that runs in linear time, so that no typed text can hold up the process. Null if it has mistakes. */
export function compilePattern(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return null;
  }
}

/** Null: none was typed. */
export function readChangeReference(typed: string, rule: ChangeReferenceRule | null): string | null | Refusal {
  const text = typed.trim();
  if (text === '') return rule?.required === true ? refuse('change-reference-missing') : null;
  const pattern = rule?.pattern ?? usualPattern;
  const fits = ChangeReference.safeParse(text).success && compilePattern(pattern)?.matches(text);
  return fits ? text : refuse('change-reference-unfit', pattern);
}

/** Returns the event field for a reference, or no field for none. */
export const referenceField = ({ changeReference }: { readonly changeReference?: string | null }) =>
  changeReference === undefined || changeReference === null ? {} : { changeReference };
