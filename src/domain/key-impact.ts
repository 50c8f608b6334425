/** Which resources use a vault or a key: what they declare, who has permission to use it, and who was observed using it. */
import type { Controller } from './control.ts';
import type { Failure } from './failure.ts';
import type { KeyName } from './ids.ts';
import type { ObservedVault } from './observed.ts';

/** A resource that names a key of the vault in its own properties. */
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
  /** Types of resources that the bot doesn't have permission to read there: Azure leaves them out without a word. */
  readonly hidden: readonly { readonly subscriptionId: string; readonly nouns: readonly string[] }[];
}

/** Someone who has permission to unwrap with a key of the vault. */
export type KeyHolder = Pick<Controller, 'id' | 'type' | 'name' | 'members'>;

/** Calls of one caller with one version of a key, as the vault's log has them. Times are ISO 8601. */
export interface LoggedUser {
  /** Object id, lower case. */
  readonly principalId: string | null;
  /** ARM id of the resource whose managed identity called, lower case. */
  readonly resourceId: string | null;
  readonly keyName: string;
  readonly keyVersion: string | null;
  /** The vault refused these calls. */
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
  /** The log has no rows of this vault. */
  | { readonly outcome: 'no-rows' }
  | { readonly outcome: 'not-configured' }
  | { readonly outcome: 'not-readable'; readonly failure: Failure };

/** So far back the log is read: the workspace's default retention. */
export const observedForMs = 30 * 24 * 3_600_000;

/** Who declares keys, and who was observed using them. */
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

/** Calls that the vault let in. */
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
