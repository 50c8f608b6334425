import { checkRole, openRoleChecks } from '../../../src/authorization/role-checks.ts';
import { done, failed } from '../../../src/domain/failure.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import type { TagRule } from '../../../src/domain/policy/rules.ts';
import type { Groups, PersonKind } from '../../../src/domain/ports/azure.ts';
import { failure, requestAfter } from '../../support/builders/commands.ts';
import { approver, requester, submit } from '../../support/builders/fixtures.ts';
import { planFor, resource } from '../../support/builders/plans.ts';
import { policyOf } from '../../support/builders/policies.ts';
import { scriptedAzure } from '../../support/builders/scripted-azure.ts';

const reader = PersonId.parse('20000000-0000-4000-8000-0000000000f2');
const members = { allowGuests: false };
const groups = (of: readonly string[], kind: PersonKind = 'member') => ({ memberOf: async () => done({ kind, of }) });

describe('a person’s standing', () => {
  it('is nobody’s when nobody is configured, and the directory is not asked', async () => {
    const asked = { memberOf: () => Promise.reject(new Error('asked')) };
    expect(await checkRole(asked, approver, [[]], members)).toBe('none-configured');
  });

  it('follows membership, and counts a directory that does not answer as unknown', async () => {
    expect(await checkRole(groups(['g']), approver, [['g', 'h']], members)).toBe('yes');
    expect(await checkRole(groups([]), approver, [['g']], members)).toBe('no');
    expect(await checkRole(groups(['g']), approver, [['g'], ['h', 'g']], members)).toBe('yes');
    expect(await checkRole(groups(['g']), approver, [['g'], ['h']], members)).toBe('no');
    const dark = { memberOf: async () => failed(failure()) };
    expect(await checkRole(dark, approver, [['g']], members)).toBe('unknown');
  });
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

describe('a person whom the directory calls a guest', () => {
  const of = (kind: PersonKind, allowGuests: boolean) =>
    checkRole(groups(['g'], kind), approver, [['g']], { allowGuests });

  it.each<[PersonKind, string, string]>([
    ['guest', 'no', 'yes'],
    // Counts as no.
    ['not-told', 'unknown', 'yes'],
    ['stranger', 'no', 'no'],
  ])('has a role in no group as %s: %s, and where guests are allowed %s', async (kind, usual, withGuests) => {
    expect([await of(kind, false), await of(kind, true)]).toEqual([usual, withGuests]);
  });
});

describe('whoever uses the bot', () => {
  const refusedBy = async (memberOf: Groups['memberOf'], allowGuests = false) => {
    const azure = scriptedAzure({});
    const roleStatuses = openRoleChecks({ resources: azure.resources, groups: { memberOf } }, policy, {
      ...admission,
      allowGuests,
    });
    return (person: PersonId) =>
      roleStatuses.rolesOf(person).then((found) => (found.kind === 'refused' ? found.code : null));
  };

  it('asks, approves or reads: everybody else is refused', async () => {
    const code = await refusedBy(belongs.memberOf);
    for (const one of [requester, approver, secondApprover, other, reader]) expect(await code(one)).toBeNull();
    expect(await code(PersonId.parse('20000000-0000-4000-8000-0000000000f3'))).toBe('no-role');
  });

  it('is told why it cannot be checked, where waiting would not help', async () => {
    const expired = failure({ code: 'AADSTS7000222', next: 'ask' });
    const memberOf: Groups['memberOf'] = async () => failed(expired);
    const roleStatuses = openRoleChecks({ ...scriptedAzure(), groups: { memberOf } }, policyOf(), admission);
    expect(await roleStatuses.rolesOf(approver)).toMatchObject({ code: 'cannot-check-membership', failure: expired });
  });
});

describe('standing under rules', () => {
  type Asks = (checks: ReturnType<typeof openRoleChecks>) => Promise<RoleStatus>;
  const tagged = requestAfter(submit({ plan: planFor({ seen: { resource: inProduction } }) }));
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
    ['a requester’s of any agent', 'yes', ({ requester: of }) => of(requester, null)],
    ['an approver’s of any agent', 'yes', ({ approver: of }) => of(secondApprover, null)],
    ['a requester’s as approver of any agent', 'no', ({ approver: of }) => of(requester, null)],
    ['an approver’s of any request', 'yes', ({ approverOf }) => approverOf(approver, null)],
    [
      'an approver’s by the tags it was asked with',
      'yes',
      ({ approverOf }) => approverOf(secondApprover, asked),
      { resource: null },
    ],
    ['that, of another request', 'no', ({ approverOf }) => approverOf(secondApprover, tagged), { resource: null }],
  ])('is %s: %s', async (_whose, expected, asks, world = {}) => {
    expect(await asks(roleChecksWhere(world).roleStatuses)).toBe(expected);
  });

  it('looks at no tags that nobody vouches for: what they are changes nothing', async () => {
    const azure = scriptedAzure({ resource: null });
    azure.refuse('resources.tags', failure(), 9);
    const flat = policyOf([], { approvers: [approver, secondApprover] }, { tagRules: [production] });
    const roleStatuses = openRoleChecks({ resources: azure.resources, groups: belongs }, flat, admission);
    expect(await roleStatuses.approverOf(approver, asked)).toBe('yes');
    expect(await roleStatuses.approverOf(secondApprover, asked)).toBe('no');
  });

  it('offers a decision to those who may make it, and asks the directory once for a whole list', async () => {
    let looks = 0;
    const counting = {
      memberOf: (...call: Parameters<typeof belongs.memberOf>) => {
        looks += 1;
        return belongs.memberOf(...call);
      },
    };
    const roleStatuses = openRoleChecks({ ...scriptedAzure(), groups: counting }, policy, admission);
    const offered = async (person: PersonId) => [asked, tagged, asked].map(await roleStatuses.decidable(person));
    expect(await offered(approver)).toEqual([true, true, true]);
    expect(looks).toBe(1);
    expect(await offered(secondApprover)).toEqual([true, false, true]);
    expect(await offered(requester)).toEqual([false, false, false]);
    const dark = { memberOf: async () => failed(failure()) };
    const may = await openRoleChecks({ ...scriptedAzure(), groups: dark }, policy, admission).decidable(approver);
    expect(may(asked)).toBe(false);
  });
});

describe('a click', () => {
  /** A directory that keeps who was asked about, and answers as soon as it is told to. */
  function openDirectory() {
    const about: PersonId[] = [];
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const memberOf: Groups['memberOf'] = async (person, ids) => {
      about.push(person);
      await answered;
      return done({ kind: 'member', of: ids.filter((id) => id === person) });
    };
    const roleStatuses = openRoleChecks(
      { ...scriptedAzure({ resource: inTest }), groups: { memberOf } },
      policy,
      admission,
    );
    return { about, answer, click: () => roleStatuses.forClick() };
  }

  it('asks about whoever asked for the request while it is asked who clicks, and not once more', async () => {
    const { about, answer, click } = openDirectory();
    const { rolesOf, askAlso, approverOf, requesterOf } = click();
    const roles = rolesOf(approver);
    askAlso(requester);
    expect(about).toEqual([approver, requester]);
    answer();
    expect(await roles).toMatchObject({ kind: 'roles', approves: true });
    expect([await approverOf(approver, asked), await requesterOf(asked)]).toEqual(['yes', 'yes']);
    expect(about).toEqual([approver, requester]);
  });

  it('asks afresh in each, and about the requester too where nobody knew beforehand who that is', async () => {
    const { about, answer, click } = openDirectory();
    answer();
    for (const { rolesOf, requesterOf } of [click(), click()]) {
      await rolesOf(approver);
      expect(await requesterOf(asked)).toBe('yes');
    }
    expect(about).toEqual([approver, requester, approver, requester]);
  });

  it('looks at the tags once, and afresh in the next', async () => {
    const { azure, roleStatuses } = roleChecksWhere({ resource: inTest });
    const first = roleStatuses.forClick();
    first.lookAt(asked);
    azure.world.resource = inProduction;
    expect([await first.approverOf(secondApprover, asked), await first.requesterOf(asked)]).toEqual(['yes', 'yes']);
    expect(await roleStatuses.forClick().approverOf(secondApprover, asked)).toBe('no');
  });
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

it('a slow answer does not take the place of a later one', async () => {
  const { clock, asked, checks, told } = open();
  const slow = checks.rolesOf(approver);
  clock.ms = 10;
  const quick = checks.rolesOf(approver);
  asked[1]?.answer(done({ kind: 'member', of: ['readers'] }));
  await quick;
  asked[0]?.answer(done({ kind: 'member', of: ['deciders'] }));
  expect(await slow).toEqual(roles);
  expect(await told(() => checks.reading.rolesOf(approver), null)).toMatchObject({ approves: false });
});

it('a click asks once about each person for all that is named, again after two seconds, and apart for the rest', async () => {
  const { clock, asked, checks, told } = open();
  const click = checks.forClick();
  await told(() => click.rolesOf(approver), ['deciders']);
  clock.ms = 1_999;
  expect(await told(() => click.approver(approver, null), null)).toBe('yes');
  expect(await told(() => click.requester(approver, null), null)).toBe('no');
  expect(await told(() => click.operator(approver), ['operators'])).toBe('yes');
  clock.ms = 2_000;
  await told(() => click.rolesOf(approver), ['deciders']);
  const everything = ['askers', 'deciders', 'readers'];
  expect(asked.map(({ ids }) => ids)).toEqual([everything, ['operators'], everything]);
});
