/**
 * Membership for one click. Whether somebody is let in and whether they may decide were two questions to the directory, one after
 * the other, about the same person: both are asked as one, after the click has come.
 */
import { done } from '../domain/failure.ts';
import type { PersonId } from '../domain/ids.ts';
import type { Groups } from '../domain/ports/azure.ts';

type Membership = Pick<Groups, 'memberOf'>;

/** What happens between the two takes milliseconds; where it took longer, the directory is asked again. */
const heldMs = 2_000;

/** What was asked within two seconds has the same answer; `keyOf` tells what is the same question. */
export function heldFor<Asked, Answer>(
  ask: (asked: Asked) => Answer,
  keyOf: (asked: Asked) => string,
  now: () => number = () => performance.now(),
): (asked: Asked) => Answer {
  const known = new Map<string, { readonly at: number; readonly answer: Answer }>();
  return (asked) => {
    const key = keyOf(asked);
    const before = known.get(key);
    if (before !== undefined && now() - before.at < heldMs) return before.answer;
    const answer = ask(asked);
    known.set(key, { at: now(), answer });
    return answer;
  };
}

/** Asks about all of `everything` at the first question about a person. Ids that are not among them are asked for as they come. */
export function askedOnce(
  groups: Membership,
  everything: readonly string[],
  now: () => number = () => performance.now(),
): Membership {
  const all = new Set(everything);
  const about = heldFor(
    (person: PersonId) => groups.memberOf(person, everything),
    (person) => person,
    now,
  );

  return {
    async memberOf(person, ids) {
      if (!ids.every((id) => all.has(id))) return groups.memberOf(person, ids);
      const found = await about(person);
      if (!found.ok) return found;
      const held = new Set(found.value.of);
      return done({ kind: found.value.kind, of: ids.filter((id) => held.has(id)) });
    },
  };
}
