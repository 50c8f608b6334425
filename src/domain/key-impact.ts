/** Which resources use a vault or a key: what they declare, who has permission to use it, and who was observed using it. */
import type { Controller } from './control.ts';
import type { Failure } from './failure.ts';
import type { KeyName, KeyVersion } from './ids.ts';
import { dayOfOldUseMs, type ObservedVault, type Retirement, type VersionUser } from './observed.ts';

export interface KeyUser {
  readonly id: string;
  readonly name: string;
  /** `storage account` */
  readonly noun: string;
  readonly keyName: string;
  /** Null: none is named. */
  readonly keyVersion: string | null;
  /** Object ids of its managed identities, lower case. */
  readonly identities: readonly string[];
}

export interface DeclaredUse {
  readonly users: readonly KeyUser[];
  readonly unread: readonly { readonly subscriptionId: string; readonly failure: Failure }[];
  readonly hidden: readonly HiddenKinds[];
}

/** Kinds of resources that the bot doesn't have permission to read in a subscription: Azure leaves them out without a word. */
export interface HiddenKinds {
  readonly subscriptionId: string;
  readonly nouns: readonly string[];
}

/** Someone who has permission to unwrap with a key of the vault. */
export type KeyHolder = Pick<Controller, 'id' | 'type' | 'name' | 'members' | 'apps'>;

/** Calls of one caller with one version of a key, as the vault's log has them. Times are ISO 8601. */
export interface LoggedUser {
  /** Object id, lower case. */
  readonly principalId: string | null;
  /** ARM id of the resource whose managed identity called, lower case. */
  readonly resourceId: string | null;
  readonly keyName: string;
  readonly keyVersion: string | null;
  readonly refused: boolean;
  readonly first: string;
  readonly last: string;
}

/** The part of the log that was read. Times are of any calls to the vault; null: none. */
export interface VaultUsers {
  readonly first: string | null;
  readonly last: string | null;
  readonly users: readonly LoggedUser[];
  /** Why the result is incomplete; null if it's complete. */
  readonly cutShort: Failure | null;
}

export type ObservedUser = LoggedUser & Pick<KeyHolder, 'type' | 'name' | 'members'>;

export type ObservedUse =
  | { readonly outcome: 'read'; readonly first: string; readonly last: string; readonly users: readonly ObservedUser[] }
  | { readonly outcome: 'no-rows' }
  | { readonly outcome: 'not-configured' }
  | { readonly outcome: 'not-readable'; readonly failure: Failure };

/** So far back the log is read: the workspace's default retention. */
export const observedForMs = 30 * 24 * 3_600_000;

export interface KeyUse extends DeclaredUse {
  readonly observed: ObservedUse;
}

export interface KeyImpact extends KeyUse {
  readonly vault: Pick<ObservedVault, 'id' | 'name'>;
  /** Null: all keys of the vault. */
  readonly keyName: KeyName | null;
  /** Null: the bot doesn't have permission to read them. */
  readonly holders: readonly KeyHolder[] | null;
}

/** Whether the vault knew who called. Clients often call without a token first, to learn where to sign in. */
export const isIdentified = ({ principalId, resourceId }: LoggedUser): boolean =>
  principalId !== null || resourceId !== null;

export const usersIn = (observed: ObservedUse): readonly ObservedUser[] =>
  observed.outcome === 'read' ? observed.users.filter(({ refused }) => !refused) : [];

/** Whether the resource declares a key, and this is a call of one of its identities. */
export const isCallOf = (
  { id, identities }: Pick<KeyUser, 'id' | 'identities'>,
  { principalId, resourceId }: LoggedUser,
): boolean => (principalId !== null && identities.includes(principalId)) || id.toLowerCase() === resourceId;

/** Used the key, and no listed resource declares it: another tenant, a backup, a person, or something inside a service. */
export const observedOnly = ({
  observed,
  users,
}: {
  readonly observed: ObservedUse;
  readonly users: readonly Pick<KeyUser, 'id' | 'identities'>[];
}): readonly ObservedUser[] =>
  usersIn(observed).filter((call) => call.type !== 'bot' && !users.some((user) => isCallOf(user, call)));

/** Has permission, and no resource with this identity declares the key or was observed using it: a group, or a leftover. */
export const unused = ({ holders, users, observed }: KeyImpact): readonly KeyHolder[] => {
  const known = new Set([
    ...users.flatMap(({ identities }) => identities),
    ...usersIn(observed).map(({ principalId }) => principalId),
  ]);
  return (holders ?? []).filter(({ id, type }) => type !== 'bot' && !known.has(id.toLowerCase()));
};

/** Declares the key, and none of its identities has permission. Identities that Azure doesn't list say nothing. */
export const unpermitted = ({ holders, users }: KeyImpact): readonly KeyUser[] => {
  if (holders === null) return [];
  const held = new Set(holders.map(({ id }) => id.toLowerCase()));
  return users.filter(({ identities }) => identities.length > 0 && !identities.some((id) => held.has(id)));
};

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
  readonly resource: { readonly id: string; readonly principalId: string | null };
  readonly current: KeyVersion;
  readonly old: KeyVersion;
}

/**
 * A caller that a resource declares has moved on once it didn't use the old version for a day. If the resource names no version,
 * it must also have used another one since. A caller that nothing declares, such as a backup, might return at any time: each of
 * its calls counts as long as the log has it. A caller that was refused within a day still needs the version, such as one that
 * was disabled and enabled again.
 */
function usersOf(use: KeyUse, { resource, old }: VersionChange, now: Date): readonly VersionUser[] {
  const isOwn = (id: string): boolean => id.toLowerCase() === resource.id.toLowerCase();
  const declaring = use.users.filter(({ id, keyVersion }) => !isOwn(id) && isVersion(keyVersion, old));
  const own = {
    id: resource.id,
    identities: resource.principalId === null ? [] : [resource.principalId.toLowerCase()],
  };
  const all = use.observed.outcome === 'read' ? use.observed.users : [];
  const calls = all.filter((call) => call.type !== 'bot' && isIdentified(call) && isVersion(call.keyVersion, old));
  const observed = calls.flatMap((call): VersionUser[] => {
    const isDeclared = [own, ...use.users].some((user) => isCallOf(user, call));
    const isLatestOf = (user: KeyUser): boolean =>
      isCallOf(user, call) && !all.some((one) => isCallOf(user, one) && !one.refused && one.last > call.last);
    const mightStay = !call.refused && use.users.some((user) => user.keyVersion === null && isLatestOf(user));
    const isOver = !mightStay && now.getTime() - Date.parse(call.last) > dayOfOldUseMs;
    if (isOver && (isDeclared || call.refused)) return [];
    const how = call.refused ? 'refused' : isDeclared ? 'used' : 'used-undeclared';
    return [{ name: nameOfUser(call), how, last: call.last }];
  });
  return [...declaring.map(({ name }) => ({ name, how: 'declares', last: null }) as const), ...observed];
}

/** `use`: of the key. */
export function retirementOf(use: KeyUse, change: VersionChange, enabled: boolean | null, now: Date): Retirement {
  const { resource, current, old } = change;
  const own = {
    id: resource.id,
    identities: resource.principalId === null ? [] : [resource.principalId.toLowerCase()],
  };
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
