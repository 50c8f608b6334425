/** Role cache for help texts only. Every other use asks the directory, and its answer replaces the cached one. */
import type { PersonId } from '../domain/ids.ts';
import type { RoleChecks, Roles } from './role-checks.ts';

export interface CachedRoles extends Pick<RoleChecks, 'rolesOf' | 'forClick'> {
  /** Returns roles that are at most a minute old. Refusals aren't cached, so new permissions apply at once. */
  rolesForHelp: RoleChecks['rolesOf'];
}

const ttlMs = 60_000;
const maxEntries = 10_000;

/** `now`: a monotonic clock in milliseconds. */
export function cacheRoles(
  { rolesOf, forClick }: Pick<RoleChecks, 'rolesOf' | 'forClick'>,
  now: () => number = () => performance.now(),
): CachedRoles {
  /** `askedAt`: the time of the question to the directory, not of its answer. */
  const cache = new Map<PersonId, { readonly roles: Roles; readonly askedAt: number }>();

  const by = (ask: RoleChecks['rolesOf']) => async (person: PersonId) => {
    const askedAt = now();
    const found = await ask(person);
    const previous = cache.get(person);
    // If two answers overlap, the one that was requested later counts.
    if (previous !== undefined && previous.askedAt > askedAt) return found;
    cache.delete(person);
    if (found.kind === 'roles') cache.set(person, { roles: found, askedAt });
    const [oldest] = cache.keys();
    if (cache.size > maxEntries && oldest !== undefined) cache.delete(oldest);
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
      const known = cache.get(person);
      return known !== undefined && now() - known.askedAt < ttlMs ? known.roles : fresh(person);
    },
  };
}
