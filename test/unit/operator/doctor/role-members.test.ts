import type { Holders } from '../../../../src/authorization/role-checks.ts';
import { done } from '../../../../src/domain/failure.ts';
import { PersonId } from '../../../../src/domain/ids.ts';
import type { Rule, TagRule } from '../../../../src/domain/policy/rules.ts';
import {
  findTooFewPeople,
  type HolderLookup,
  holderWords,
  resolveHolders,
} from '../../../../src/operator/doctor/role-members.ts';
import { rule } from '../../../support/builders/policies.ts';

/** What the doctor says of rules that leave too few people. Groups are named by their members: `ab` has two. */

const person = (letter: string): PersonId =>
  PersonId.parse(`20000000-0000-4000-8000-0000000000${letter.charCodeAt(0).toString(16)}`);

const group = (name: string): Holders => ({
  kind: 'group',
  name,
  members: [...name.replace('?', '')].map(person),
  complete: !name.endsWith('?'),
});
const lookup: HolderLookup = (ids) => ids.map((id) => ({ id, entry: group(id) }));

const asked = (change: Partial<Rule> = {}): Rule =>
  rule({ name: 'care', requesters: ['abc'], approvers: ['de'], ...change });
const tightened = (name: string, change: Partial<TagRule> = {}): TagRule => ({
  name,
  match: { tags: { tier: ['gold'] } },
  ...change,
});
const found = (one: Rule, ...tagRules: readonly TagRule[]): readonly string[] =>
  findTooFewPeople(one, tagRules, lookup).map((diagnosis) => diagnosis.found);

it.each<[string, Rule, readonly TagRule[], readonly string[]]>([
  ['nothing where enough are left', asked(), [tightened('gold', { approvers: ['dx'] })], []],
  [
    'that nobody can approve, where the lists have nobody in common',
    asked(),
    [tightened('gold', { approvers: ['xy'] })],
    ['made stricter by gold: no one can approve'],
  ],
  [
    'that only whoever asks can approve',
    asked({ approvers: ['ade'] }),
    [tightened('gold', { requesters: ['a'], approvers: ['a'] })],
    ['made stricter by gold: its only approver is also its only requester'],
  ],
  [
    'that nobody can ask',
    asked(),
    [tightened('gold', { requesters: ['xy'] })],
    ['made stricter by gold: no one can request'],
  ],
  [
    'that more approvals are needed than people are left, the one for what cannot be undone among them',
    asked(),
    [tightened('gold', { approvalsRequired: 2, extraApprovalForIrreversible: true })],
    ['made stricter by gold: 3 approvals can be needed, and at most 2 people can give one'],
  ],
  [
    'what two rules by tag leave together, where neither does alone',
    asked(),
    [tightened('gold', { approvers: ['d'] }), tightened('ward', { approvers: ['e'] })],
    ['made stricter by gold and ward: no one can approve'],
  ],
  [
    'nothing of a rule by tag that is for other agents',
    asked({ match: { resourceGroups: ['rg-care-*'] } }),
    [tightened('gold', { match: { tags: {}, resourceGroups: ['rg-research'] }, approvers: ['xy'] })],
    [],
  ],
  [
    'something of one that may be for the same',
    asked({ match: { resourceGroups: ['rg-care-*'] } }),
    [tightened('gold', { match: { tags: {}, resourceGroups: ['*-prod'] }, approvers: ['xy'] })],
    ['made stricter by gold: no one can approve'],
  ],
  [
    'of a rule that leaves too few by itself, that alone',
    asked({ requesters: ['a'], approvers: ['a'] }),
    [tightened('gold', { approvers: ['xy'] })],
    ['its only approver is also its only requester'],
  ],
  ['nothing where the directory did not tell everybody', asked(), [tightened('gold', { approvers: ['xy?'] })], []],
])('says %s', (_what, one, tagRules, words) => expect(found(one, ...tagRules)).toEqual(words));

it('counts neither guests, unless they are allowed, nor disabled accounts', async () => {
  const kinds = ['member', 'guest', 'stranger'] as const;
  const members = kinds.map((kind, n) => ({ id: person('abc'[n] ?? ''), kind }));
  const look = async () => done({ kind: 'group' as const, name: 'Stewards', members, complete: true });
  const words = async (allowGuests: boolean) =>
    holderWords((await resolveHolders({ look }, ['g'], allowGuests))(['g']));
  expect([await words(false), await words(true)]).toEqual([
    'group Stewards with 1 person',
    'group Stewards with 2 people',
  ]);
});
