import { combineQueries } from '../../../src/authorization/role-checks.ts';
import { done, type Outcome } from '../../../src/domain/failure.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import type { PersonKind } from '../../../src/domain/ports/azure.ts';

const person = (n: number): PersonId => PersonId.parse(`20000000-0000-4000-8000-00000000000${n}`);

/** A directory in which everybody is in `held`, and that keeps what it was asked. */
function open(held: readonly string[]) {
  const clock = { ms: 0 };
  const asked: (readonly [PersonId, readonly string[]])[] = [];
  const memberOf = async (
    who: PersonId,
    ids: readonly string[],
  ): Promise<Outcome<{ readonly kind: PersonKind; readonly of: readonly string[] }>> => {
    asked.push([who, ids]);
    return done({ kind: 'member', of: ids.filter((id) => held.includes(id)) });
  };
  const once = combineQueries({ memberOf }, ['a', 'b', 'c'], () => clock.ms);
  return { clock, asked, once };
}

it('asks once for all that is named, and answers each question with its own part', async () => {
  const { asked, once } = open(['a', 'c']);
  const [first, second] = [await once.memberOf(person(1), ['a', 'b']), await once.memberOf(person(1), ['b', 'c'])];
  expect([first, second]).toMatchObject([{ value: { of: ['a'] } }, { value: { of: ['c'] } }]);
  expect(asked).toEqual([[person(1), ['a', 'b', 'c']]]);
});

it('asks about each person by themselves, and again after two seconds', async () => {
  const { clock, asked, once } = open(['a']);
  await once.memberOf(person(1), ['a']);
  await once.memberOf(person(2), ['a']);
  clock.ms = 1_999;
  await once.memberOf(person(1), ['b']);
  expect(asked).toHaveLength(2);
  clock.ms = 2_000;
  await once.memberOf(person(1), ['b']);
  expect(asked).toHaveLength(3);
});

it('asks for what nobody named beforehand as it comes', async () => {
  const { asked, once } = open(['z']);
  expect(await once.memberOf(person(1), ['z'])).toMatchObject({ value: { of: ['z'] } });
  expect(asked).toEqual([[person(1), ['z']]]);
});
