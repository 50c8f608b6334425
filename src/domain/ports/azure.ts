/**
 * What the product asks of Azure, in its own words. Every call answers an {@link Outcome}; anything thrown is a bug.
 * Reads may be repeated freely. Each write says whether repeating it is safe: all are, because a step may run twice.
 */
import type { ObservedControl } from '../control.ts';
import type { Failure, Outcome, Receipt } from '../failure.ts';
import type { ArmId, KeyName, KeyVersion, PersonId, RequestId } from '../ids.ts';
import type { ReadLog, UseSought } from '../key-use.ts';
import type { CustomerKey, KeyKind, ObservedKey, ObservedResource, ObservedVault } from '../observed.ts';
import type { KeyVersions } from '../own-key.ts';
import type { ResourceRef } from '../wish.ts';

/** The resources whose key is managed, of every kind there is. */
export interface Resources {
  /** The resource now, read from ARM (never from a cache or Resource Graph); null when there is none. */
  get(ref: ResourceRef): Promise<Outcome<ObservedResource | null>>;
  /** Its tags now, for a click that waits: no answer within seconds is a failure. Null when there is no resource. */
  tags(ref: ResourceRef): Promise<Outcome<Readonly<Record<string, string>> | null>>;
  /** Adds a system-assigned identity and keeps user-assigned ones. Waits for Azure to finish. Safe to repeat. */
  enableSystemIdentity(ref: ResourceRef): Promise<Outcome<Receipt>>;
  /** Puts the resource under exactly this key version. Waits for Azure to finish. Safe to repeat. */
  setCustomerKey(ref: ResourceRef, key: CustomerKey): Promise<Outcome<Receipt>>;
}

/** Key vaults. */
export interface Vaults {
  get(id: ArmId): Promise<Outcome<ObservedVault | null>>;
  /** Turns on purge protection (for good), and soft delete with it where asked. Safe to repeat. */
  protect(id: ArmId, missing: { readonly softDelete: boolean }): Promise<Outcome<Receipt>>;
}

/** Whether a probe of a key worked, was refused to the bot itself, or was kept out by the vault's firewall. */
export type Probe = 'usable' | 'not-allowed' | 'firewalled';

/** Whether a deleted key still holds a name, or the vault did not let the bot look. */
export type Deleted = 'none' | 'deleted' | 'not-checked';

/** What a made key carries. */
export interface KeyMark {
  /** For people who look in the portal: whoever may write keys can write it, so nothing reads it. */
  readonly request: RequestId;
  /** 256 random bits in hexadecimal digits, known to nobody before the key is there. It stands nowhere else. */
  readonly nonce: string;
}

/** What Azure answered to a create. */
export interface CreatedKey extends Receipt {
  readonly version: KeyVersion;
  /** It carries the nonce that was sent, so this call made it. */
  readonly carriesNonce: boolean;
}

/** Keys, through ARM where it can be: the bot needs no data access for that. */
export interface Keys {
  /** One version, the newest when none is named; null when there is no such key. */
  get(vaultId: ArmId, name: KeyName, version: KeyVersion | null): Promise<Outcome<ObservedKey | null>>;
  /** The oldest version there is; null when there is no such key. */
  first(vaultId: ArmId, name: KeyName): Promise<Outcome<ObservedKey | null>>;
  /** The newest version of every key, by name. */
  list(vaultId: ArmId): Promise<Outcome<readonly ObservedKey[]>>;
  /**
   * Makes the first version, which carries the mark; an existing key is left unchanged, and its newest version is answered: it
   * is the made one only where it carries the nonce. Safe to repeat.
   */
  createIfMissing(vaultId: ArmId, name: KeyName, key: KeyKind, mark: KeyMark): Promise<Outcome<CreatedKey>>;
  /**
   * Makes a further version of the key that `after` is a version of, through the vault itself, with the bot's own data access:
   * tags and permitted operations are those of that version, and it carries the mark. What is answered is what this call made:
   * a vault never answers an existing version to it. NOT safe to repeat: look with {@link Keys.versions} first.
   */
  createVersion(
    vaultUri: string,
    name: KeyName,
    after: KeyVersion,
    key: KeyKind,
    mark: KeyMark,
  ): Promise<Outcome<CreatedKey>>;
  /** Versions as old as `after` or younger, without that one, oldest first; all where it is null. None: there is no such key. */
  versions(vaultId: ArmId, name: KeyName, after: KeyVersion | null): Promise<Outcome<KeyVersions>>;
  /** Wraps and unwraps throw-away bytes with the bot's own rights. Changes nothing. */
  probe(vaultUri: string, name: KeyName, version: KeyVersion): Promise<Outcome<Probe>>;
  /**
   * Whether a soft-deleted key holds this name, so that none can be made under it. Asks the vault itself with the bot's own
   * rights: a refusal to the bot and a closed firewall are `not-checked`; no answer within seconds is a failure.
   */
  deleted(vaultUri: string, name: KeyName): Promise<Outcome<Deleted>>;
}

/** The resource's access to one key. */
export interface Grants {
  /** Whether the principal may get, wrap and unwrap with the key by role assignment or access policy. */
  held(vault: ObservedVault, keyName: KeyName, principalId: string): Promise<Outcome<boolean>>;
  /** Role assignment at the key with a name derived from its parts, or access policy `add`. Safe to repeat. */
  grant(vault: ObservedVault, keyName: KeyName, principalId: string, tenantId: string): Promise<Outcome<Receipt>>;
}

/** Who controls a key beside those who use it, and what people call the place it lies in. */
export interface Control {
  /**
   * Everybody who can copy, change, delete or purge the key, or give any of that to others: by role, inherited ones included,
   * and by access policy where the vault grants by those. Conditions and deny assignments, which only take away, are not
   * looked at: who may be a controller is named as one. What the bot may not read is named in `unseen`.
   */
  of(vault: ObservedVault, keyName: KeyName): Promise<Outcome<Pick<ObservedControl, 'controllers' | 'unseen'>>>;
  /** What people call a subscription; null where Azure does not tell the bot. */
  subscriptionName(id: string): Promise<Outcome<string | null>>;
}

/** A management lock. */
export interface Lock {
  readonly name: string;
  /** `read-only` stops every write at its scope and below; `cannot-delete` stops no write the bot makes. */
  readonly level: 'read-only' | 'cannot-delete';
  /** The ARM id it is set on: the resource, its group or its subscription. */
  readonly scope: string;
}

/** Control-plane actions, and data actions of a vault: some names are both. */
export interface Rights {
  readonly actions: readonly string[];
  readonly dataActions: readonly string[];
}

export interface Allowed {
  readonly actions: Readonly<Record<string, boolean>>;
  readonly dataActions: Readonly<Record<string, boolean>>;
}

/** What may stand in the way of a write to a resource or a vault. Neither list is whole proof: policy may still refuse. */
export interface Guards {
  /** Management locks that hold for the resource: on itself, its group, its subscription. */
  locks(id: ArmId): Promise<Outcome<readonly Lock[]>>;
  /**
   * Which of the actions the bot's own roles give it there now, by action as asked: a resource, a vault or a user-assigned
   * identity. Conditions on a role assignment and deny assignments are not looked at.
   */
  allowed(id: ArmId, asked: Rights): Promise<Outcome<Allowed>>;
}

/** A resource as lists show it. */
export interface ResourceSummary {
  readonly kind: string;
  readonly id: ArmId;
  readonly name: string;
  readonly location: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly underCustomerKey: boolean;
}

/** A resource of which nothing but its key matters: there may be very many. */
export interface KeptResource {
  readonly id: ArmId;
  readonly name: string;
  /** Null: under Microsoft's. */
  readonly customerKey: CustomerKey | null;
}

/** A vault as lists show it. */
export type VaultSummary = ObservedVault;

/** Lists for choosing from. They may lag behind Azure: look again before acting. */
/** What could be read of all agents, and where nothing could. */
export interface Kept {
  readonly resources: readonly KeptResource[];
  readonly unread: readonly UnreadSubscription[];
}

export interface UnreadSubscription {
  readonly subscriptionId: string;
  readonly failure: Failure;
}

export interface Inventory {
  /** Agents in the configured subscriptions whose name contains the text, by name, at most `top`. */
  resources(contains: string, top: number): Promise<Outcome<readonly ResourceSummary[]>>;
  /**
   * All agents in the configured subscriptions with the key each is under, in no order; page by page, and no more of each. What
   * is refused for one subscription does not keep those of the others away; a failure where it is for all.
   */
  kept(): Promise<Outcome<Kept>>;
  /** All vaults in the configured subscriptions but these, by name. */
  vaults(but?: readonly string[]): Promise<Outcome<readonly VaultSummary[]>>;
}

/** What a configured id stands for. */
export type DirectoryEntry =
  | { readonly kind: 'person'; readonly name: string }
  | {
      readonly kind: 'group';
      readonly name: string;
      /** Also members of groups in it. */
      readonly members: readonly PersonId[];
      /** False: there are more than were read. */
      readonly complete: boolean;
    };

/** Who somebody is to the directory. `stranger`: it has nobody of the id. `not-told`: it did not say of what kind the person is. */
export type PersonKind = 'member' | 'guest' | 'stranger' | 'not-told';

export interface Membership {
  readonly kind: PersonKind;
  /** Of the ids asked about: groups the person belongs to, also through other groups, and their own id. */
  readonly of: readonly string[];
}

/** Entra groups. */
export interface Groups {
  /** Who the person is, and which of the ids they are or belong to. No answer within seconds is a failure. */
  memberOf(person: PersonId, ids: readonly string[]): Promise<Outcome<Membership>>;
  /** The group or person with this id; null when there is neither. May lag behind: for telling people, never for permitting. */
  look(id: string): Promise<Outcome<DirectoryEntry | null>>;
}

/** Addresses of Azure's own pages. Each is made of checked ids alone, never of what Azure or people wrote. */
export interface Portal {
  resource(id: ArmId): string;
  /** Null where the vault's address is none of this cloud. */
  key(vaultUri: string, name: KeyName, version: KeyVersion): string | null;
}

/** Logs of vaults, where a workspace is configured that they are sent to. */
export interface VaultLog {
  /**
   * What the log has of the vault, and of the use that is looked for: the first call of each kind. Rows come minutes late, and
   * one that is not there yet looks like one that never was. Changes nothing; safe to repeat.
   */
  read(vault: Pick<ObservedVault, 'id' | 'name'>, sought: UseSought): Promise<Outcome<ReadLog>>;
}

/** Everything Azure, as steps and checks receive it. */
export interface Azure {
  readonly resources: Resources;
  readonly vaults: Vaults;
  readonly keys: Keys;
  readonly grants: Grants;
  readonly control: Control;
  readonly guards: Guards;
  readonly inventory: Inventory;
  readonly groups: Groups;
}
