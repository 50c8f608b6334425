import type { Holders } from '../../../../src/authorization/role-checks.ts';
import { done } from '../../../../src/domain/failure.ts';
import { PersonId } from '../../../../src/domain/ids.ts';
import type { Rule } from '../../../../src/domain/policy/rules.ts';
import { diagnoseMembers, diagnosePeople, type Lookup } from '../../../../src/operator/doctor/people.ts';
import type { DoctorEnvironment } from '../../../../src/operator/doctor/subjects.ts';
import { rule } from '../../../support/builders/policies.ts';

/** What the doctor says of rules that leave too few people. Groups are named by their members: `ab` has two. */

const person = (letter: string): PersonId =>
  PersonId.parse(`20000000-0000-4000-8000-0000000000${letter.charCodeAt(0).toString(16)}`);
const group = (name: string): Holders => ({
  kind: 'group',
  name,
  members: [...name.replace(/[?-]/, '')].map(person),
  complete: !name.endsWith('?'),
});
const lookup: Lookup = (id) => (id === 'nothing' ? null : group(id));
const found = (change: Partial<Rule>, isUsual = false): readonly string[] =>
  diagnoseMembers(rule({ name: 'care', requesters: ['abc'], approvers: ['de'], ...change }), isUsual, lookup).map(
    (one) => one.found,
  );

it.each<[string, Partial<Rule>, readonly string[]]>([
  ['nothing where enough are left', {}, []],
  ['that no one can request', { requesters: ['-'] }, ['no one can request: its requesters have no members']],
  ['that no one can approve', { approvers: ['nothing'] }, ['no one can approve: its approvers have no members']],
  ['that a rule names no one', { approvers: [] }, ['no one can approve: the rule uses CMK_APPROVERS, which is empty']],
  [
    'that only the requester can approve',
    { requesters: ['a'], approvers: ['a'] },
    ['its only approver is also its only requester'],
  ],
  ['nothing where another can request', { requesters: ['ab'], approvers: ['a'] }, []],
  [
    'that more approvals are needed than people are left',
    { approvalsRequired: 2, extraApprovalForIrreversible: true },
    ['3 approvals can be needed, and at most 2 people can give one'],
  ],
  ['nothing where the directory did not list everyone', { requesters: ['a'], approvers: ['a?'] }, []],
])('says %s', (_what, change, words) => expect(found(change)).toEqual(words));

it('leaves the environment’s own empty roles to another finding', () => {
  expect(found({ requesters: [] }, true)).toEqual([]);
});

const kinds = ['guest', 'stranger', 'not-told'] as const;
const of = async (allowGuests: boolean, kind: (typeof kinds)[number]) => {
  const usual = rule({ name: 'environment', requesters: ['g'], approvers: ['g'] });
  const members = [{ id: person('a'), kind }];
  const look = async () => done({ kind: 'group' as const, name: 'Stewards', members, complete: true });
  const config = {
    azure: { subscriptions: [] },
    policy: { rules: [], tagRules: [], otherwise: usual, version: '1' },
    ...{ policyFile: null, operators: [], admission: { readers: [], operators: [], allowGuests } },
  };
  const all = await diagnosePeople({ config, azure: { groups: { look } } } as unknown as DoctorEnvironment);
  return all.filter(({ outcome }) => outcome === 'fail').map(({ code }) => code);
};

it('counts guests only if they are allowed, and fails if the directory doesn’t say who is one', async () => {
  expect(await of(false, 'guest')).toEqual(['people/policy']);
  expect(await of(false, 'stranger')).toEqual(['people/policy']);
  expect(await of(false, 'not-told')).toContain('people/groups');
  expect(await of(true, 'not-told')).not.toContain('people/groups');
});

it('warns of a rule that never applies, and of IDs without a person', async () => {
  const members = [{ id: person('a'), kind: 'member' as const }];
  const look = async (id: string) =>
    done(id === 'x' ? null : { kind: 'group' as const, name: id, members, complete: true });
  const odd = rule({ name: 'odd', match: { subscriptions: ['s-9'] }, requesters: ['g'], approvers: ['x', 'h'] });
  const config = {
    azure: { subscriptions: ['s-1'] },
    policy: { rules: [odd], tagRules: [], otherwise: rule({ requesters: ['g'], approvers: ['h'] }), version: '1' },
    ...{ policyFile: null, operators: [], admission: { readers: [], operators: [], allowGuests: false } },
  };
  const all = await diagnosePeople({ config, azure: { groups: { look } } } as unknown as DoctorEnvironment);
  const said = all.map(({ found: words }) => words).join('\n');
  expect(said).toContain('approver x is neither a group nor a person');
  expect(said).toContain('never applies: none of its subscriptions is in CMK_SUBSCRIPTIONS');
});
