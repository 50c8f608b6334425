/** The rules of a policy, and which of them hold for an agent. */
import { z } from 'zod';
import { armIdParts } from '../ids.ts';
import type { ObservedResource } from '../observed.ts';

/** Name of the last rule, which the environment's settings make and which matches every agent. */
export const environmentRule = 'environment';

/**
 * Which agents a rule is for: every criterion that is given has to hold, and none means every agent. Texts may hold `*` for
 * any run of characters. Case never counts.
 */
export interface RuleMatch {
  readonly subscriptions?: readonly string[] | undefined;
  readonly resourceGroups?: readonly string[] | undefined;
  readonly resources?: readonly string[] | undefined;
}

/**
 * Vaults that a rule permits: every criterion that is given has to hold. Texts may hold `*` for any run of characters. Without
 * `subscriptions` the resource's own is meant: a name alone is worth nothing, since anybody may choose one that looks alike.
 */
export interface VaultMatch {
  readonly subscriptions?: readonly string[] | undefined;
  readonly resourceGroups?: readonly string[] | undefined;
  readonly names?: readonly string[] | undefined;
}

/** One rule with everything it says. Ids are Entra group ids or object ids; an empty list means nobody. */
export interface Rule {
  readonly name: string;
  readonly match: RuleMatch;
  readonly requesters: readonly string[];
  readonly approvers: readonly string[];
  readonly approvalsRequired: number;
  readonly expiryMs: number;
  /** One more approval where the plan has an irreversible step. */
  readonly extraApprovalForIrreversible: boolean;
  /** Where the key may lie: a vault has to match one of them. */
  readonly vaults: readonly VaultMatch[];
  /** The key, or the version of it, has to be made by the request: of any other nobody knows who else has it. */
  readonly requireNewKey: boolean;
}

/**
 * A rule that looks at tags: it makes stricter what the rule without tags says, and what it leaves out it leaves as it is.
 * Whoever may write an agent's tags could write them away: so it holds for every agent of its other criteria, unless an
 * operator vouches for the tag and the agent carries it with another value. See docs/decisions/0008.
 */
export interface TagRule {
  readonly name: string;
  readonly match: RuleMatch & {
    /** By tag name: the value has to match one of the texts. */
    readonly tags: Readonly<Record<string, readonly string[]>>;
  };
  readonly requesters?: readonly string[] | undefined;
  readonly approvers?: readonly string[] | undefined;
  readonly approvalsRequired?: number | undefined;
  readonly expiryMs?: number | undefined;
  readonly extraApprovalForIrreversible?: boolean | undefined;
  readonly vaults?: readonly VaultMatch[] | undefined;
  readonly requireNewKey?: boolean | undefined;
}

/** What rules look at. */
export type ResourceFacts = Pick<ObservedResource, 'id' | 'name' | 'tags'>;

/**
 * Whether a text is the pattern with something, or nothing, for each `*`. Every piece between two stars is taken where it
 * first fits: linear, unlike a regular expression that tries again.
 */
export function fits(pattern: string, text: string): boolean {
  const [start = '', ...pieces] = pattern.split('*');
  const end = pieces.pop();
  if (end === undefined) return pattern === text;
  if (text.length < start.length + end.length || !text.startsWith(start) || !text.endsWith(end)) return false;
  const inner = text.slice(start.length, text.length - end.length);
  let at = 0;
  for (const piece of pieces) {
    const found = inner.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return true;
}

/**
 * How a criterion was judged. `tag-missing` and `tag-not-vouched-for` hold as `matches` does: neither a tag that is not there
 * nor one that anybody may have written says that a rule is for other agents.
 */
export const Judged = z.enum(['matches', 'differs', 'tag-missing', 'tag-not-vouched-for']);
export type Judged = z.infer<typeof Judged>;

/** One criterion: what the rule wants, as the pattern is written, and what the agent has; null where it has nothing of the kind. */
export interface Criterion {
  /** `subscriptions`, `resourceGroups`, `resources`, or `tags.` and the tag's name. */
  readonly name: string;
  readonly wanted: readonly string[];
  readonly found: string | null;
  readonly judged: Judged;
}

const sameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const anyCase = (wanted: readonly string[], found: string): boolean =>
  wanted.some((pattern) => fits(pattern.toLowerCase(), found.toLowerCase()));

function tagOf(tags: ResourceFacts['tags'], name: string): string | null {
  const entry = Object.entries(tags).find(([key]) => sameText(key, name));
  return entry === undefined ? null : entry[1];
}

/** Every criterion of a rule without tags, held against an agent. */
export function criteriaOf(match: RuleMatch, { id, name }: Pick<ResourceFacts, 'id' | 'name'>): readonly Criterion[] {
  const { subscriptionId, resourceGroup } = armIdParts(id);
  const named = (criterion: string, wanted: readonly string[] | undefined, found: string): readonly Criterion[] =>
    wanted === undefined
      ? []
      : [{ name: criterion, wanted, found, judged: anyCase(wanted, found) ? 'matches' : 'differs' }];
  return [
    ...named('subscriptions', match.subscriptions, subscriptionId),
    ...named('resourceGroups', match.resourceGroups, resourceGroup),
    ...named('resources', match.resources, name),
  ];
}

function judgeTag(wanted: readonly string[], found: string | null, vouchedFor: boolean): Judged {
  if (found === null) return 'tag-missing';
  if (anyCase(wanted, found)) return 'matches';
  return vouchedFor ? 'differs' : 'tag-not-vouched-for';
}

export const isVouchedFor = (trustedTags: readonly string[], tag: string): boolean =>
  trustedTags.some((one) => sameText(one, tag));

/** The same of a rule that looks at tags. */
export const tagCriteriaOf = (
  match: TagRule['match'],
  resource: ResourceFacts,
  trustedTags: readonly string[],
): readonly Criterion[] => [
  ...criteriaOf(match, resource),
  ...Object.entries(match.tags).map(([tag, wanted]): Criterion => {
    const found = tagOf(resource.tags, tag);
    return { name: `tags.${tag}`, wanted, found, judged: judgeTag(wanted, found, isVouchedFor(trustedTags, tag)) };
  }),
];

export const allHold = (criteria: readonly Criterion[]): boolean =>
  criteria.every(({ judged }) => judged !== 'differs');

export const matches = (match: RuleMatch, resource: Pick<ResourceFacts, 'id' | 'name'>): boolean =>
  allHold(criteriaOf(match, resource));

const coversTexts = (earlier: readonly string[] | undefined, later: readonly string[] | undefined): boolean =>
  earlier === undefined ||
  // A star in the later text is one more character that only a star of the earlier one can stand for.
  (later?.every((text) => earlier.some((pattern) => fits(pattern.toLowerCase(), text.toLowerCase()))) ??
    earlier.some((pattern) => /^\*+$/.test(pattern)));

/** Whether every agent that a later rule matches is matched by the earlier one, so that the later one never applies. */
export function covers(earlier: RuleMatch, later: RuleMatch): boolean {
  return (
    coversTexts(earlier.subscriptions, later.subscriptions) &&
    coversTexts(earlier.resourceGroups, later.resourceGroups) &&
    coversTexts(earlier.resources, later.resources)
  );
}

/** A star stands for anything: two patterns with one each may both fit some text that nobody has thought of. */
const mayBothFit = (a: string, b: string): boolean => (a.includes('*') && b.includes('*')) || fits(a, b) || fits(b, a);

const textsMayMeet = (one: readonly string[] | undefined, other: readonly string[] | undefined): boolean =>
  one === undefined ||
  other === undefined ||
  one.some((a) => other.some((b) => mayBothFit(a.toLowerCase(), b.toLowerCase())));

/** Whether there can be an agent that both match. Errs to yes. */
export const mayBothMatch = (one: RuleMatch, other: RuleMatch): boolean =>
  textsMayMeet(one.subscriptions, other.subscriptions) &&
  textsMayMeet(one.resourceGroups, other.resourceGroups) &&
  textsMayMeet(one.resources, other.resources);
