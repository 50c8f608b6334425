import { checkRole, openRoleChecks } from '../../../src/authorization/role-checks.ts';
import { done, failed } from '../../../src/domain/failure.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import type { TagRule } from '../../../src/domain/policy/rules.ts';
import type { Groups, PersonKind } from '../../../src/domain/ports/azure.ts';
import { failure, requestAfter, submit } from '../../support/builders/commands.ts';
import { approver, requester } from '../../support/builders/fixtures.ts';
import { planFor, resource } from '../../support/builders/plans.ts';
import { policyOf } from '../../support/builders/policies.ts';
import { scriptedAzure } from '../../support/builders/scripted-azure.ts';

const reader = PersonId.parse('20000000-0000-4000-8000-0000000000f2');
const members = { allowGuests: false };
const groups = (of: readonly string[], kind: PersonKind = 'member') => ({ memberOf: async () => done({ kind, of }) });

it('a person’s standing follows membership, and counts a directory that does not answer as unknown', async () => {
  expect(await checkRole(groups(['g']), approver, [['g', 'h']], members)).toBe('yes');
  expect(await checkRole(groups([]), approver, [['g']], members)).toBe('no');
  expect(await checkRole(groups(['g']), approver, [['g'], ['h', 'g']], members)).toBe('yes');
  expect(await checkRole(groups(['g']), approver, [['g'], ['h']], members)).toBe('no');
  const dark = { memberOf: async () => failed(failure()) };
  expect(await checkRole(dark, approver, [['g']], members)).toBe('unknown');
});

const admission = { readers: [reader], operators: [], allowGuests: false };

/** Everybody belongs to the groups that carry their name. */
const belongs = {
  memberOf: async (person: PersonId, ids: readonly string[]) =>
    done({ kind: 'member' as const, of: ids.filter((id) => id === person) }),
};

const secondApprover = PersonId.parse('20000000-0000-4000-8000-000000000003');
const other = PersonId.parse('20000000-0000-4000-8000-0000000000f1');
const production: TagRule = {
  name: 'production',
  match: { tags: { environment: ['production'] } },
  requesters: [other],
  approvers: [approver],
};
const policy = policyOf(
  [],
  { requesters: [requester, other], approvers: [approver, secondApprover] },
  { tagRules: [production], trustedTags: ['Environment'] },
);
const inTest = resource({ tags: { environment: 'test' } });
const inProduction = resource({ tags: { environment: 'production' } });

/** A request that was asked when its agent was tagged as a test. */
const asked = requestAfter(submit({ plan: planFor({ seen: { resource: inTest } }) }));

function roleChecksWhere(world: Parameters<typeof scriptedAzure>[0]) {
  const azure = scriptedAzure(world);
  return { azure, roleStatuses: openRoleChecks({ resources: azure.resources, groups: belongs }, policy, admission) };
}

const of = (kind: PersonKind, allowGuests: boolean) =>
  checkRole(groups(['g'], kind), approver, [['g']], { allowGuests });

it.each<[PersonKind, string, string]>([
  ['guest', 'no', 'yes'],
  // Counts as no.
  ['not-told', 'unknown', 'yes'],
  ['stranger', 'no', 'no'],
])(
  'a person whom the directory calls a guest has a role in no group as %s: %s, and where guests are allowed %s',
  async (kind, usual, withGuests) => {
    expect([await of(kind, false), await of(kind, true)]).toEqual([usual, withGuests]);
  },
);

const refusedBy = async (memberOf: Groups['memberOf'], allowGuests = false) => {
  const azure = scriptedAzure({});
  const roleStatuses = openRoleChecks({ resources: azure.resources, groups: { memberOf } }, policy, {
    ...admission,
    allowGuests,
  });
  return (person: PersonId) =>
    roleStatuses.rolesOf(person).then((found) => (found.kind === 'refused' ? found.code : null));
};

it('whoever uses the bot asks, approves or reads: everybody else is refused', async () => {
  const code = await refusedBy(belongs.memberOf);
  for (const one of [requester, approver, secondApprover, other, reader]) expect(await code(one)).toBeNull();
  expect(await code(PersonId.parse('20000000-0000-4000-8000-0000000000f3'))).toBe('no-role');
});

type Asks = (checks: ReturnType<typeof openRoleChecks>) => Promise<RoleStatus>;
it.each<[string, RoleStatus, Asks, Parameters<typeof scriptedAzure>[0]?]>([
  ['a requester’s', 'yes', ({ requester: of }) => of(requester, inTest)],
  [
    'a requester’s who isn’t in the list of a rule that holds',
    'no',
    ({ requester: of }) => of(requester, inProduction),
  ],
  ['a requester’s who is in the lists of all', 'yes', ({ requester: of }) => of(other, inProduction)],
  ['an approver’s', 'yes', ({ approver: of }) => of(secondApprover, inTest)],
  [
    'an approver’s who isn’t in the list of a rule that holds',
    'no',
    ({ approver: of }) => of(secondApprover, inProduction),
  ],
  [
    'an approver’s by the tags it was asked with',
    'yes',
    ({ approverOf }) => approverOf(secondApprover, asked),
    { resource: null },
  ],
])('standing under rules is %s: %s', async (_whose, expected, asks, world = {}) => {
  expect(await asks(roleChecksWhere(world).roleStatuses)).toBe(expected);
});

/** How old the roles of a person can be: of now for what decides, two seconds within a click, a minute for what only reads. */

type Answer = Awaited<ReturnType<Groups['memberOf']>>;

/** A directory whose answers are given by hand, and a clock. The operators are in no other list. */
function open() {
  const clock = { ms: 0 };
  const asked: { readonly person: PersonId; readonly ids: readonly string[]; readonly answer: (of: Answer) => void }[] =
    [];
  const memberOf: Groups['memberOf'] = (person, ids) =>
    new Promise((answer) => asked.push({ person, ids, answer: (of) => answer(of) }));
  const policy = policyOf([], { requesters: ['askers'], approvers: ['deciders'] });
  const checks = openRoleChecks(
    { ...scriptedAzure(), groups: { memberOf } },
    policy,
    { readers: ['readers'], operators: ['operators'], allowGuests: false },
    () => clock.ms,
  );
  /** Null: from what is known, without a question. */
  async function told<T>(question: () => Promise<T>, of: readonly string[] | null): Promise<T> {
    const before = asked.length;
    const said = question();
    if (of === null) expect(asked).toHaveLength(before);
    else asked.at(-1)?.answer(done({ kind: 'member', of }));
    return said;
  }
  return { clock, asked, checks, told };
}

const roles = { kind: 'roles', asks: false, approves: true };
const noRole = { code: 'no-role' };

it('a person who lost the role reads for 60 seconds at most, and decides nothing from that moment on', async () => {
  const { clock, asked, checks, told } = open();
  const first = checks.reading.rolesOf(approver);
  clock.ms = 5_000;
  asked[0]?.answer(done({ kind: 'member', of: ['deciders'] }));
  expect(await first).toEqual(roles);
  clock.ms = 59_999;
  const request = requestAfter(submit({ plan: planFor() }));
  expect(await told(() => checks.reading.rolesOf(approver), null)).toEqual(roles);
  expect(await told(() => checks.reading.approverOf(approver, request), null)).toBe('yes');
  expect((await told(() => checks.reading.decidable(approver), null))(request)).toBe(true);
  // Of the minute: each other person is asked about.
  expect(await told(() => checks.reading.rolesOf(requester), [])).toMatchObject(noRole);
  clock.ms = 60_000;
  expect(await told(() => checks.reading.rolesOf(approver), [])).toMatchObject(noRole);
  for (const by of [checks, checks.forClick()]) {
    clock.ms += 10_000;
    expect(await told(() => by.approverOf(approver, request), ['deciders'])).toBe('yes');
    expect(await told(() => checks.reading.rolesOf(approver), null)).toEqual(roles);
  }
  expect(await told(() => checks.forClick().approverOf(approver, request), [])).toBe('no');
  expect(await told(() => checks.approver(approver, null), [])).toBe('no');
  expect(await told(() => checks.reading.rolesOf(approver), [])).toMatchObject(noRole);
});

it('neither a refusal nor a failure is kept, and both end what was known', async () => {
  const { asked, checks, told } = open();
  const { reading } = checks;
  expect(await told(() => reading.rolesOf(approver), [])).toMatchObject(noRole);
  expect(await told(() => reading.rolesOf(approver), ['deciders'])).toEqual(roles);
  expect(await told(() => checks.rolesOf(approver), [])).toMatchObject(noRole);
  expect(await told(() => reading.rolesOf(approver), ['deciders'])).toEqual(roles);
  const dark = checks.rolesOf(approver);
  asked.at(-1)?.answer(failed(failure()));
  expect(await dark).toMatchObject({ code: 'cannot-check-membership' });
  expect(await told(() => reading.rolesOf(approver), [])).toMatchObject(noRole);
});

it('a click asks about a person again after two seconds', async () => {
  const { clock, checks, told } = open();
  const click = checks.forClick();
  await told(() => click.rolesOf(approver), ['deciders']);
  clock.ms = 1_999;
  expect(await told(() => click.approver(approver, null), null)).toBe('yes');
  clock.ms = 2_000;
  expect(await told(() => click.approver(approver, null), [])).toBe('no');
});
