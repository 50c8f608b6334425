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

/** Asks about all of `everything` at the first question about a person. Ids that are not among them are asked for as they come. */
export function askedOnce(
  groups: Membership,
  everything: readonly string[],
  now: () => number = () => performance.now(),
): Membership {
  const all = new Set(everything);
  const known = new Map<PersonId, { readonly at: number; readonly found: ReturnType<Membership['memberOf']> }>();

  function about(person: PersonId): ReturnType<Membership['memberOf']> {
    const before = known.get(person);
    if (before !== undefined && now() - before.at < heldMs) return before.found;
    const found = groups.memberOf(person, everything);
    known.set(person, { at: now(), found });
    return found;
  }

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
