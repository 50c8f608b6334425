import { cacheRoles } from '../../../src/authorization/role-cache.ts';
import type { Roles } from '../../../src/authorization/role-checks.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import { type Refusal, refuse } from '../../../src/domain/request/refusal.ts';

const [one, other] = ['1', '2'].map((end) => PersonId.parse(`20000000-0000-4000-8000-00000000000${end}`)) as [
  PersonId,
  PersonId,
];
const roles = (asks: boolean): Roles => ({ kind: 'roles', asks, approves: false });
const noRole = refuse('no-role');

/** A directory whose answers are given by hand. */
function open() {
  const clock = { ms: 0 };
  const asked: ((answer: Roles | Refusal) => void)[] = [];
  const rolesOf = () => new Promise<Roles | Refusal>((resolve) => asked.push(resolve));
  const no = async () => 'no' as const;
  const forClick = () => ({
    rolesOf,
    approverOf: no,
    requesterOf: no,
    operator: no,
    askAlso: () => undefined,
    lookAt: () => undefined,
  });
  const kept = cacheRoles({ rolesOf, forClick }, () => clock.ms);
  const answering = async (question: () => Promise<Roles | Refusal>, answer: Roles | Refusal) => {
    const said = question();
    asked.at(-1)?.(answer);
    return said;
  };
  return { clock, asked, kept, answering };
}

it('keeps for help for a minute from when the directory was asked, each person by themselves', async () => {
  const { clock, asked, kept, answering } = open();
  const coming = kept.rolesForHelp(one);
  clock.ms = 5_000;
  asked[0]?.(roles(true));
  await coming;
  clock.ms = 59_999;
  expect(await kept.rolesForHelp(one)).toEqual(roles(true));
  expect(await answering(() => kept.rolesForHelp(other), noRole)).toEqual(noRole);
  clock.ms = 60_000;
  expect(await answering(() => kept.rolesForHelp(one), roles(false))).toEqual(roles(false));
});

it('keeps no refusal, and forgets at one what it had', async () => {
  const { kept, answering } = open();
  await answering(() => kept.rolesForHelp(one), noRole);
  expect(await answering(() => kept.rolesForHelp(one), roles(true))).toEqual(roles(true));
  await answering(() => kept.rolesOf(one), noRole);
  expect(await answering(() => kept.rolesForHelp(one), noRole)).toEqual(noRole);
});

it('takes what a click was told in place of what it had', async () => {
  const { kept, answering } = open();
  await answering(() => kept.rolesOf(one), roles(true));
  await answering(() => kept.forClick().rolesOf(one), noRole);
  expect(await answering(() => kept.rolesForHelp(one), noRole)).toEqual(noRole);
});

it('does not let an answer that was slow take the place of a later one', async () => {
  const { clock, asked, kept } = open();
  const slow = kept.rolesOf(one);
  clock.ms = 10;
  const quick = kept.rolesOf(one);
  asked[1]?.(roles(false));
  await quick;
  asked[0]?.(roles(true));
  expect(await slow).toEqual(roles(true));
  expect(await kept.rolesForHelp(one)).toEqual(roles(false));
});
