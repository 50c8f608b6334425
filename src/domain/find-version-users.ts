/** Finds who still uses an old version of a key, and since when the agent has used the current one. Pure. */
import type { KeyVersion } from './ids.ts';
import { isCallOf, isIdentified, type KeyUse, type ObservedUse, type ObservedUser, usersIn } from './key-impact.ts';
import { dayOfOldUseMs, type Retirement, type VersionUser } from './observed.ts';

const mostUsers = 20;

function logOf(observed: ObservedUse): Retirement['log'] {
  switch (observed.outcome) {
    case 'read':
      return { outcome: 'read', first: observed.first, last: observed.last };
    case 'not-readable':
      return { outcome: 'not-readable', code: 'code' in observed.failure ? observed.failure.code : '' };
    case 'no-rows':
    case 'not-configured':
      return { outcome: observed.outcome };
  }
}

/** Its resource, its name, or its object id. */
export const nameOfUser = ({ resourceId, name, principalId }: ObservedUser): string =>
  resourceId?.split('/').at(-1) ?? name ?? principalId ?? '';

/** What resources name is compared with, without case. */
const isVersion = (found: string | null, version: string): boolean => found?.toLowerCase() === version.toLowerCase();

interface VersionChange {
  readonly agent: { readonly id: string; readonly principalId: string | null };
  readonly current: KeyVersion;
  readonly old: KeyVersion;
}

/**
 * A caller that a resource declares has moved on once it didn't use the old version for a day. One that nothing declares, such
 * as a backup, might return at any time: each of its calls counts as long as the log has it. A caller that was refused within a
 * day still needs the version, such as one that was disabled and enabled again.
 */
function usersOf(use: KeyUse, { agent, old }: VersionChange, now: Date): readonly VersionUser[] {
  const isAgent = (id: string): boolean => id.toLowerCase() === agent.id.toLowerCase();
  const declaring = use.users.filter(({ id, keyVersion }) => !isAgent(id) && isVersion(keyVersion, old));
  const own = { id: agent.id, identities: agent.principalId === null ? [] : [agent.principalId.toLowerCase()] };
  const all = use.observed.outcome === 'read' ? use.observed.users : [];
  const calls = all.filter((call) => call.type !== 'bot' && isIdentified(call) && isVersion(call.keyVersion, old));
  const observed = calls.flatMap((call): VersionUser[] => {
    const isDeclared = [own, ...use.users].some((user) => isCallOf(user, call));
    const isOver = now.getTime() - Date.parse(call.last) > dayOfOldUseMs;
    if (isOver && (isDeclared || call.refused)) return [];
    const how = call.refused ? 'refused' : isDeclared ? 'used' : 'used-undeclared';
    return [{ name: nameOfUser(call), how, last: call.last }];
  });
  return [...declaring.map(({ name }) => ({ name, how: 'declares', last: null }) as const), ...observed];
}

/** `use`: of the key. */
export function retirementOf(use: KeyUse, change: VersionChange, enabled: boolean | null, now: Date): Retirement {
  const { agent, current, old } = change;
  const own = { id: agent.id, identities: agent.principalId === null ? [] : [agent.principalId.toLowerCase()] };
  const uses = usersIn(use.observed).filter((call) => isCallOf(own, call) && isVersion(call.keyVersion, current));
  return {
    version: old,
    enabled,
    log: logOf(use.observed),
    usedSince: uses.map(({ first }) => first).sort()[0] ?? null,
    users: [...usersOf(use, change, now)].slice(0, mostUsers),
    unread: {
      subscriptions: use.unread.length,
      types: use.hidden.reduce((count, { nouns }) => Math.max(count, nouns.length), 0),
    },
  };
}
