/** Detects rules that leave too few approvers or no requesters, alone and combined with tag rules. */
import { type Holders, withAccess } from '../../authorization/role-checks.ts';
import { type Policy, rulesOf } from '../../domain/policy/policy.ts';
import { mayBothMatch, type Rule, type TagRule } from '../../domain/policy/rules.ts';
import type { Groups } from '../../domain/ports/azure.ts';
import { joinList } from '../../domain/strings.ts';
import { countOf } from '../../text/words.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { about, fail, warn } from './subjects.ts';

export type HolderLookup = (ids: readonly string[]) => readonly Holder[];

type People = ReadonlySet<string>;

/** Returns the people in all lists; null: the directory didn't resolve all. */
function peopleInAll(lists: readonly (readonly string[])[], lookup: HolderLookup): People | null {
  const known = lists.map((ids) => peopleOf(lookup(ids))).filter((people) => people !== null);
  const [first, ...others] = known;
  if (first === undefined || known.length < lists.length) return null;
  return new Set([...first].filter((one) => others.every((people) => people.has(one))));
}

/** Returns the problem; null: enough approvers for at least one requester. Requesters can't approve their own request. */
function wordsFor(asking: People, deciding: People, needed: number): string | null {
  if (asking.size === 0) return 'no one can request';
  if (deciding.size === 0) return 'no one can approve';
  const left = Math.max(...[...asking].map((one) => deciding.size - (deciding.has(one) ? 1 : 0)));
  if (left >= needed) return null;
  if (left === 0) return 'its only approver is also its only requester';
  return `${countOf(needed, 'approval', 'approvals')} can be needed, and at most ${countOf(left, 'person', 'people')} can give one`;
}

function problemUnder(rule: Rule, tightenedBy: readonly TagRule[], lookup: HolderLookup): string | null {
  const lists = (role: 'requesters' | 'approvers') => [
    rule[role],
    ...tightenedBy.map((one) => one[role]).filter((ids) => ids !== undefined),
  ];
  const [asking, deciding] = [peopleInAll(lists('requesters'), lookup), peopleInAll(lists('approvers'), lookup)];
  // Another finding reports rules without people.
  const [askers, approvers] = [peopleOf(lookup(rule.requesters)), peopleOf(lookup(rule.approvers))];
  if (asking === null || deciding === null || askers?.size === 0 || approvers?.size === 0) return null;
  const all = [rule, ...tightenedBy];
  const extra = all.some(({ extraApprovalForIrreversible }) => extraApprovalForIrreversible === true) ? 1 : 0;
  const needed = Math.max(...all.map(({ approvalsRequired = 1 }) => approvalsRequired)) + extra;
  return wordsFor(asking, deciding, needed);
}

const tooFewAdvice =
  'No request under this rule can be approved: requesters can’t approve their own. Name more approvers (CMK_APPROVERS), or require fewer approvals (CMK_APPROVALS_REQUIRED).';

/** Checks the rule alone, else with each tag rule that can apply too, else with all of them. */
export function findTooFewPeople(rule: Rule, tagRules: readonly TagRule[], lookup: HolderLookup): readonly Diagnosis[] {
  const alone = problemUnder(rule, [], lookup);
  if (alone !== null) return [fail(about('people/rule', `rule ${rule.name}`), alone, tooFewAdvice)];
  const applicable = tagRules.filter(({ match }) => mayBothMatch(match, rule.match));
  const fix =
    'Of people that rules name, only those whom each of them names are left: name the same people in all of them.';
  const under = (held: readonly TagRule[]): readonly Diagnosis[] => {
    const found = problemUnder(rule, held, lookup);
    const names = joinList(held.map(({ name }) => name));
    return found === null
      ? []
      : [warn(about('people/rule', `rule ${rule.name}`), `made stricter by ${names}: ${found}`, fix)];
  };
  const single = applicable.flatMap((one) => under([one]));
  return single.length > 0 || applicable.length < 2 ? single : under(applicable);
}

/** Returns the ids of all rules, also of those by tag. */
export const idsInRules = (policy: Policy): readonly string[] =>
  [...rulesOf(policy), ...policy.tagRules].flatMap(({ requesters = [], approvers = [] }) =>
    requesters.concat(approvers),
  );

/** `unknown`: the directory didn't answer. Null: neither a group nor a person has this id. */
export type Holder = { readonly id: string; readonly entry: Holders | null | 'unknown' };

/** Resolves each id once. */
export async function resolveHolders(
  groups: Pick<Groups, 'look'>,
  ids: readonly string[],
  allowGuests: boolean,
): Promise<(ids: readonly string[]) => readonly Holder[]> {
  const unique = [...new Set(ids.map((id) => id.toLowerCase()))];
  const found = await Promise.all(
    unique.map(async (id) => {
      const outcome = await groups.look(id);
      const entry: Holder['entry'] = outcome.ok ? outcome.value && withAccess(outcome.value, allowGuests) : 'unknown';
      return [id, entry] as const;
    }),
  );
  const entries = new Map(found);
  return (wanted) => wanted.map((id) => ({ id, entry: entries.get(id.toLowerCase()) ?? null }));
}

/** Returns all people behind the ids; null: the directory didn't resolve all. */
export function peopleOf(holders: readonly Holder[]): ReadonlySet<string> | null {
  const people = new Set<string>();
  for (const { entry } of holders) {
    if (entry === 'unknown' || entry?.complete === false) return null;
    for (const member of entry?.members ?? []) people.add(member);
  }
  return people;
}

function wordsOf({ id, entry }: Holder): string {
  if (entry === 'unknown') return `${id}, which Entra ID couldn’t look up`;
  if (entry === null) return `${id}, which is neither a group nor a person`;
  if (entry.kind === 'person') return entry.name;
  const more = entry.complete ? '' : 'more than ';
  return `group ${entry.name} with ${more}${countOf(entry.members.length, 'person', 'people')}`;
}

/** `group CMK approvers with 2 people; Second approver` */
export const holderWords = (holders: readonly Holder[]): string =>
  holders.length === 0 ? 'no one' : holders.map(wordsOf).join('; ');
