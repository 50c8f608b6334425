/** Which resources use a vault or a key: what they declare, and who has permission to use it. */
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

export interface KeyImpact extends DeclaredUse {
  readonly vault: Pick<ObservedVault, 'id' | 'name'>;
  /** Null: all keys of the vault. */
  readonly keyName: KeyName | null;
  /** Null: the bot doesn't have permission to read them. */
  readonly holders: readonly KeyHolder[] | null;
}

/** Has permission, and no resource with this identity declares the key: another tenant, a backup, a person, or a leftover. */
export const undeclared = ({ holders, users }: KeyImpact): readonly KeyHolder[] => {
  const declared = new Set(users.flatMap(({ identities }) => identities));
  return (holders ?? []).filter(({ id, type }) => type !== 'bot' && !declared.has(id.toLowerCase()));
};

/** Declares the key, and none of its identities has permission. Identities that Azure doesn't list say nothing. */
export const unpermitted = ({ holders, users }: KeyImpact): readonly KeyUser[] => {
  if (holders === null) return [];
  const held = new Set(holders.map(({ id }) => id.toLowerCase()));
  return users.filter(({ identities }) => identities.length > 0 && !identities.some((id) => held.has(id)));
};
