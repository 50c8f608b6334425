/** Policy rules and their matching. */
import { z } from 'zod';
import { type ArmId, armIdParts, armTypeOf } from '../ids.ts';
import type { ObservedResource } from '../observed.ts';

/** Name of the last rule. It comes from the environment's settings and matches every resource of the usual kinds. */
export const environmentRule = 'environment';

/**
 * Selects resources: all given criteria must match. `*` stands for any characters. Case-insensitive. `kinds`: ARM types in
 * lower case; missing: the policy's usual kinds, so that an approver of agents doesn't approve what came later.
 */
export interface RuleMatch {
  readonly kinds?: readonly string[] | undefined;
  readonly subscriptions?: readonly string[] | undefined;
  readonly resourceGroups?: readonly string[] | undefined;
  readonly resources?: readonly string[] | undefined;
}

/**
 * A vault that a rule permits: all given criteria must match. `*` stands for any characters. Without `subscriptions`, the
 * vault must be in the resource's subscription. A name alone proves nothing, because anyone can choose a similar one.
 */
export interface VaultMatch {
  readonly subscriptions?: readonly string[] | undefined;
  readonly resourceGroups?: readonly string[] | undefined;
  readonly names?: readonly string[] | undefined;
}

/** A complete rule. IDs are Entra group IDs or object IDs. An empty list means no one. */
export interface Rule {
  readonly name: string;
  readonly match: RuleMatch;
  readonly requesters: readonly string[];
  readonly approvers: readonly string[];
  readonly approvalsRequired: number;
  readonly expiryMs: number;
  readonly extraApprovalForIrreversible: boolean;
  readonly vaults: readonly VaultMatch[];
  /** Requires a key or key version created by the request. Others might have a copy of any other key. */
  readonly requireNewKey: boolean;
}

/**
 * A rule with tags. It makes the rule without tags stricter and leaves fields that it doesn't set. People who can write an
 * resource's tags could remove them. So it applies to every resource that its other criteria match. The exception is a tag that an
 * operator trusts and that has another value. See docs/decisions/0008.
 */
export interface TagRule {
  readonly name: string;
  readonly match: RuleMatch & {
    /** By tag name. The value must match one of the patterns. */
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

export type ResourceFacts = Pick<ObservedResource, 'id' | 'name' | 'tags'>;

/** Matches a text against a pattern with `*` wildcards. Greedy from the left, so it takes linear time and doesn't backtrack. */
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
 * Result of one criterion. `tag-missing` and `tag-not-vouched-for` count as matches: a missing or untrusted tag doesn't
 * exclude a resource.
 */
export const Judged = z.enum(['matches', 'differs', 'tag-missing', 'tag-not-vouched-for']);
export type Judged = z.infer<typeof Judged>;

/** One criterion and the resource's value, null if it has none. */
export interface Criterion {
  /** `kinds`, `subscriptions`, `resourceGroups`, `resources`, or `tags.` and the tag's name. */
  readonly name: string;
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

export function criteriaOf(match: RuleMatch, { id, name }: Pick<ResourceFacts, 'id' | 'name'>): readonly Criterion[] {
  const { subscriptionId, resourceGroup } = armIdParts(id);
  const named = (criterion: string, wanted: readonly string[] | undefined, found: string): readonly Criterion[] =>
    wanted === undefined ? [] : [{ name: criterion, found, judged: anyCase(wanted, found) ? 'matches' : 'differs' }];
  return [
    ...named('kinds', match.kinds, armTypeOf(id)),
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

export const isTrustedTag = (trustedTags: readonly string[], tag: string): boolean =>
  trustedTags.some((one) => sameText(one, tag));

export const tagCriteriaOf = (
  match: TagRule['match'],
  resource: ResourceFacts,
  trustedTags: readonly string[],
): readonly Criterion[] => [
  ...criteriaOf(match, resource),
  ...Object.entries(match.tags).map(([tag, wanted]): Criterion => {
    const found = tagOf(resource.tags, tag);
    return { name: `tags.${tag}`, found, judged: judgeTag(wanted, found, isTrustedTag(trustedTags, tag)) };
  }),
];

export const allHold = (criteria: readonly Criterion[]): boolean =>
  criteria.every(({ judged }) => judged !== 'differs');

export const isOfKinds = ({ kinds }: RuleMatch, { id }: Pick<ResourceFacts, 'id'>, usual: readonly string[]): boolean =>
  (kinds ?? usual).includes(armTypeOf(id));

const coversTexts = (earlier: readonly string[] | undefined, later: readonly string[] | undefined): boolean =>
  earlier === undefined ||
  // A star in the later pattern counts as a character that only a star in the earlier pattern matches.
  (later?.every((text) => earlier.some((pattern) => fits(pattern.toLowerCase(), text.toLowerCase()))) ??
    earlier.some((pattern) => /^\*+$/.test(pattern)));

/** Returns whether the earlier rule matches every resource that the later one matches, so that the later one never applies. */
export function covers(earlier: RuleMatch, later: RuleMatch, usualKinds: readonly string[]): boolean {
  const kinds = earlier.kinds ?? usualKinds;
  return (
    (later.kinds ?? usualKinds).every((kind) => kinds.includes(kind)) &&
    coversTexts(earlier.subscriptions, later.subscriptions) &&
    coversTexts(earlier.resourceGroups, later.resourceGroups) &&
    coversTexts(earlier.resources, later.resources)
  );
}

/** Default: any vault in the resource's own subscription. */
export const ownSubscription: readonly VaultMatch[] = [{}];

const some = (patterns: readonly string[] | undefined, text: string): boolean =>
  patterns === undefined || patterns.some((pattern) => fits(pattern.toLowerCase(), text.toLowerCase()));

export const inOneSubscription = (a: ArmId, b: ArmId): boolean =>
  armIdParts(a).subscriptionId.toLowerCase() === armIdParts(b).subscriptionId.toLowerCase();

function fitsMatch(match: VaultMatch, resource: ArmId, vault: ArmId): boolean {
  const { subscriptionId, resourceGroup, name } = armIdParts(vault);
  const place =
    match.subscriptions === undefined ? inOneSubscription(resource, vault) : some(match.subscriptions, subscriptionId);
  return place && some(match.resourceGroups, resourceGroup) && some(match.names, name);
}

export interface KeyTerms {
  /** A vault must be permitted by every one of these rules. */
  readonly vaults: readonly { readonly rule: string; readonly permits: readonly VaultMatch[] }[];
  /** Names of the rules that require a key or key version created by the request. */
  readonly newKeyWantedBy: readonly string[];
}

export const permitsVault = (vaults: readonly VaultMatch[], resource: ArmId, vault: ArmId): boolean =>
  vaults.some((match) => fitsMatch(match, resource, vault));
