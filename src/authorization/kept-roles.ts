/** Role cache for help texts only. Every other use asks the directory, and its answer replaces the cached one. */
import type { PersonId } from '../domain/ids.ts';
import type { Roles, Standings } from './who-may.ts';

export interface KeptRoles extends Pick<Standings, 'rolesOf' | 'forClick'> {
  /** Returns roles that are at most a minute old. Refusals aren't cached, so new permissions apply at once. */
  rolesForHelp: Standings['rolesOf'];
}

const keptMs = 60_000;
const mostKept = 10_000;

/** `now`: a monotonic clock in milliseconds. */
export function keepRoles(
  { rolesOf, forClick }: Pick<Standings, 'rolesOf' | 'forClick'>,
  now: () => number = () => performance.now(),
): KeptRoles {
  /** `asked`: the time of the question to the directory, not of its answer. */
  const kept = new Map<PersonId, { readonly roles: Roles; readonly asked: number }>();

  const by = (ask: Standings['rolesOf']) => async (person: PersonId) => {
    const asked = now();
    const found = await ask(person);
    const before = kept.get(person);
    // If two answers overlap, the one that was requested later counts.
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
