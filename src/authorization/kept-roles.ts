/**
 * Roles that are kept for a minute, for the words of help and for nothing else: whoever lists, searches, asks or decides is
 * asked about afresh, and whatever is heard then takes the place of what was kept.
 */
import type { PersonId } from '../domain/ids.ts';
import type { Roles, Standings } from './who-may.ts';

export interface KeptRoles extends Pick<Standings, 'rolesOf' | 'forClick'> {
  /** As the directory had it no longer than a minute ago. A refusal is never kept: whoever was let in is let in at once. */
  rolesForHelp: Standings['rolesOf'];
}

const keptMs = 60_000;
const mostKept = 10_000;

/** `now` in milliseconds, of a clock that is never set back. */
export function keepRoles(
  { rolesOf, forClick }: Pick<Standings, 'rolesOf' | 'forClick'>,
  now: () => number = () => performance.now(),
): KeptRoles {
  /** `asked`: when the directory was, not when it answered. */
  const kept = new Map<PersonId, { readonly roles: Roles; readonly asked: number }>();

  const by = (ask: Standings['rolesOf']) => async (person: PersonId) => {
    const asked = now();
    const found = await ask(person);
    const before = kept.get(person);
    // Of two answers the one that was asked for later holds.
    if (before !== undefined && before.asked > asked) return found;
    kept.delete(person);
    if (found.kind === 'roles') kept.set(person, { roles: found, asked });
    const [oldest] = kept.keys();
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    return found;
  };
  const fresh = by(rolesOf);

  return {
    rolesOf: fresh,
    forClick() {
      const click = forClick();
      return { ...click, rolesOf: by(click.rolesOf) };
    },
    async rolesForHelp(person) {
      const known = kept.get(person);
      return known !== undefined && now() - known.asked < keptMs ? known.roles : fresh(person);
    },
  };
}
