/** The rules of a policy, and which of them applies to an agent. */
import { armIdParts } from '../ids.ts';
import type { ObservedResource } from '../observed.ts';

/** Name of the last rule, which the environment's settings make and which matches every agent. */
export const environmentRule = 'environment';

/**
 * Which agents a rule is for: every criterion that is given has to hold, and none means every agent. Texts may hold `*` for
 * any run of characters. Case counts in tag values alone, as in Azure.
 */
export interface RuleMatch {
  readonly subscriptions?: readonly string[] | undefined;
  readonly resourceGroups?: readonly string[] | undefined;
  readonly resources?: readonly string[] | undefined;
  /** By tag name: the value has to match one of the texts. */
  readonly tags?: Readonly<Record<string, readonly string[]>> | undefined;
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

/** One criterion: what the rule wants, as the pattern is written, and what the agent has; null where it has nothing of the kind. */
export interface Criterion {
  /** `subscriptions`, `resourceGroups`, `resources`, or `tags.` and the tag's name. */
  readonly name: string;
  readonly wanted: readonly string[];
  readonly found: string | null;
  readonly holds: boolean;
}

const anyCase = (wanted: readonly string[], found: string): boolean =>
  wanted.some((pattern) => fits(pattern.toLowerCase(), found.toLowerCase()));

function tagOf(tags: ResourceFacts['tags'], name: string): string | null {
  const entry = Object.entries(tags).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return entry === undefined ? null : entry[1];
}

/** Every criterion of a rule, held against an agent. */
export function criteriaOf(match: RuleMatch, resource: ResourceFacts): readonly Criterion[] {
  const { subscriptionId, resourceGroup } = armIdParts(resource.id);
  const named = (name: string, wanted: readonly string[] | undefined, found: string): readonly Criterion[] =>
    wanted === undefined ? [] : [{ name, wanted, found, holds: anyCase(wanted, found) }];
  const tags = Object.entries(match.tags ?? {}).map(([tag, wanted]): Criterion => {
    const found = tagOf(resource.tags, tag);
    return { name: `tags.${tag}`, wanted, found, holds: found !== null && wanted.some((one) => fits(one, found)) };
  });
  return [
    ...named('subscriptions', match.subscriptions, subscriptionId),
    ...named('resourceGroups', match.resourceGroups, resourceGroup),
    ...named('resources', match.resources, resource.name),
    ...tags,
  ];
}

export const matches = (match: RuleMatch, resource: ResourceFacts): boolean =>
  criteriaOf(match, resource).every((criterion) => criterion.holds);

/** Whether somebody has to look at an agent's tags before it is clear whether a rule applies. */
export const looksAtTags = (rule: Rule): boolean => rule.match.tags !== undefined;

const coversTexts = (
  earlier: readonly string[] | undefined,
  later: readonly string[] | undefined,
  read: (text: string) => string,
): boolean =>
  earlier === undefined ||
  // A star in the later text is one more character that only a star of the earlier one can stand for.
  (later?.every((text) => earlier.some((pattern) => fits(read(pattern), read(text)))) ??
    earlier.some((pattern) => /^\*+$/.test(pattern)));

/** Whether every agent that a later rule matches is matched by the earlier one, so that the later one never applies. */
export function covers(earlier: RuleMatch, later: RuleMatch): boolean {
  const lower = (text: string): string => text.toLowerCase();
  const laterTag = (name: string): readonly string[] | undefined =>
    Object.entries(later.tags ?? {}).find(([tag]) => lower(tag) === lower(name))?.[1];
  return (
    coversTexts(earlier.subscriptions, later.subscriptions, lower) &&
    coversTexts(earlier.resourceGroups, later.resourceGroups, lower) &&
    coversTexts(earlier.resources, later.resources, lower) &&
    // An agent may go without a tag, which even a star does not match.
    Object.entries(earlier.tags ?? {}).every(([name, wanted]) => {
      const values = laterTag(name);
      return values !== undefined && coversTexts(wanted, values, (text) => text);
    })
  );
}
