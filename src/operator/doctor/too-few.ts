/** Where too few people are left to approve, or nobody to ask: under a rule, and under what rules by tag leave of it. */

import { listed } from '../../domain/listed.ts';
import { mayBothMatch, type Rule, type TagRule } from '../../domain/policy/rules.ts';
import { countOf } from '../../text/count.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { type Holder, peopleOf } from './holders.ts';
import { about, fail, warn } from './subjects.ts';

export type Lookup = (ids: readonly string[]) => readonly Holder[];

type People = ReadonlySet<string>;

/** Who is in every one of the lists; null where the directory did not tell all of them. */
function inAll(lists: readonly (readonly string[])[], lookup: Lookup): People | null {
  const told = lists.map((ids) => peopleOf(lookup(ids))).filter((people) => people !== null);
  const [first, ...others] = told;
  if (first === undefined || told.length < lists.length) return null;
  return new Set([...first].filter((one) => others.every((people) => people.has(one))));
}

/** In words; null where enough are left for some requester. Whoever asks cannot approve. */
function wordsFor(asking: People, deciding: People, needed: number): string | null {
  if (asking.size === 0) return 'nobody can ask';
  if (deciding.size === 0) return 'nobody can approve';
  const left = Math.max(...[...asking].map((one) => deciding.size - (deciding.has(one) ? 1 : 0)));
  if (left >= needed) return null;
  if (left === 0) return 'its only approver is also its only requester';
  return `${countOf(needed, 'approval', 'approvals')} can be needed, and at most ${countOf(left, 'person', 'people')} can give one`;
}

function foundUnder(rule: Rule, tightenedBy: readonly TagRule[], lookup: Lookup): string | null {
  const lists = (role: 'requesters' | 'approvers') => [
    rule[role],
    ...tightenedBy.map((one) => one[role]).filter((ids) => ids !== undefined),
  ];
  const [asking, deciding] = [inAll(lists('requesters'), lookup), inAll(lists('approvers'), lookup)];
  // Of a rule that names nobody, or nobody who is there, that is said elsewhere.
  const [askers, approvers] = [peopleOf(lookup(rule.requesters)), peopleOf(lookup(rule.approvers))];
  if (asking === null || deciding === null || askers?.size === 0 || approvers?.size === 0) return null;
  const all = [rule, ...tightenedBy];
  const extra = all.some(({ extraApprovalForIrreversible }) => extraApprovalForIrreversible === true) ? 1 : 0;
  const needed = Math.max(...all.map(({ approvalsRequired = 1 }) => approvalsRequired)) + extra;
  return wordsFor(asking, deciding, needed);
}

const tooFewAdvice =
  'No request under this rule can be approved: requesters can’t approve their own. Name more approvers (CMK_APPROVERS), or require fewer approvals (CMK_APPROVALS_REQUIRED).';

/** Of the rule alone, else of each rule by tag that can hold beside it, else of all of those together. */
export function tooFew(rule: Rule, tagRules: readonly TagRule[], lookup: Lookup): readonly Diagnosis[] {
  const alone = foundUnder(rule, [], lookup);
  if (alone !== null) return [fail(about('people/rule', `rule ${rule.name}`), alone, tooFewAdvice)];
  const beside = tagRules.filter(({ match }) => mayBothMatch(match, rule.match));
  const mend =
    'Of people that rules name, only those whom each of them names are left: name the same people in all of them.';
  const under = (held: readonly TagRule[]): readonly Diagnosis[] => {
    const found = foundUnder(rule, held, lookup);
    const names = listed(held.map(({ name }) => name));
    return found === null
      ? []
      : [warn(about('people/rule', `rule ${rule.name}`), `made stricter by ${names}: ${found}`, mend)];
  };
  const single = beside.flatMap((one) => under([one]));
  return single.length > 0 || beside.length < 2 ? single : under(beside);
}
