/** How old the roles of a person can be: of now for what decides, two seconds within a click, a minute for what only reads. */
import { openRoleChecks } from '../../../src/authorization/role-checks.ts';
import { done, failed } from '../../../src/domain/failure.ts';
import type { PersonId } from '../../../src/domain/ids.ts';
import type { Groups } from '../../../src/domain/ports/azure.ts';
import { failure, requestAfter } from '../../support/builders/commands.ts';
import { approver, requester, submit } from '../../support/builders/fixtures.ts';
import { planFor } from '../../support/builders/plans.ts';
import { policyOf } from '../../support/builders/policies.ts';
import { scriptedAzure } from '../../support/builders/scripted-azure.ts';

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
