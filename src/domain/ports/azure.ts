/**
 * Ports for Azure. Every call returns an {@link Outcome}; a thrown error is a bug. Reads can be repeated. Each write says
 * whether it's safe to repeat, because a step can run twice.
 */
import type { ObservedControl } from '../control.ts';
import type { Outcome, Receipt } from '../failure.ts';
import type { ArmId, KeyName, KeyVersion, PersonId, RequestId } from '../ids.ts';
import type { VaultUsers } from '../key-impact.ts';
import type { KeyVersions } from '../key-ownership.ts';
import type { CustomerKey, KeyKind, ObservedKey, ObservedResource, ObservedVault } from '../observed.ts';
import type { ResourceRef } from '../plan.ts';
import type { UsageQuery, VaultLogRows } from '../usage-check.ts';
import type { Inventory, KeyUsers, Policies } from './inventory.ts';

export interface Resources {
  /** Reads the resource from ARM, never from a cache or Resource Graph. Null: it doesn't exist. */
  get(ref: ResourceRef): Promise<Outcome<ObservedResource | null>>;
  /** Reads its tags while a click waits: no response within seconds is a failure. Null: the resource doesn't exist. */
  tags(ref: ResourceRef): Promise<Outcome<Readonly<Record<string, string>> | null>>;
  /**
   * Turns on the system-assigned identity and keeps user-assigned ones. Waits for Azure to finish. Safe to repeat. `judged`:
   * what {@link get} returned. A resource that changed since is left alone.
   */
  enableSystemIdentity(ref: ResourceRef, judged: ObservedResource): Promise<Outcome<Receipt>>;
  /** Sets exactly this key version. The same. */
  setCustomerKey(ref: ResourceRef, judged: ObservedResource, key: CustomerKey): Promise<Outcome<Receipt>>;
}

export interface Vaults {
  get(id: ArmId): Promise<Outcome<ObservedVault | null>>;
  /** Turns on purge protection (irreversible), and soft delete if requested. Safe to repeat. */
  protect(id: ArmId, missing: { readonly softDelete: boolean }): Promise<Outcome<Receipt>>;
}

/** Result of testing a key: it works, the bot has no permission, or the vault's firewall blocked the bot. */
export type Probe = 'usable' | 'not-allowed' | 'firewalled';

/** Whether a deleted key still has the name, or the bot couldn't check. */
export type Deleted = 'none' | 'deleted' | 'not-checked';

export interface KeyMark {
  /** For people in the portal. Anyone who can write keys can write it, so the bot never reads it. */
  readonly request: RequestId;
  /** 256 random bits in hexadecimal digits. It's stored nowhere else, so it's unknown until the key exists. */
  readonly nonce: string;
}

export interface CreatedKey extends Receipt {
  readonly version: KeyVersion;
  /** True: it has the nonce that was sent, so this call created it. */
  readonly carriesNonce: boolean;
}

export type ListedKeyVersion = Pick<ObservedKey, 'version' | 'enabled'>;

/** Keys, through ARM wherever possible, which needs no data-plane access. */
export interface Keys {
  /** Reads one version, or the newest if none is named. Null: the key doesn't exist. */
  get(vaultId: ArmId, name: KeyName, version: KeyVersion | null): Promise<Outcome<ObservedKey | null>>;
  /** Reads the oldest version. Null: the key doesn't exist. */
  first(vaultId: ArmId, name: KeyName): Promise<Outcome<ObservedKey | null>>;
  /** Reads the newest version of every key, by name. */
  list(vaultId: ArmId): Promise<Outcome<readonly ObservedKey[]>>;
  /**
   * Creates the key's first version with the mark. An existing key stays unchanged, and its newest version is returned. This
   * call created it only if `carriesNonce` is true. Safe to repeat.
   */
  createIfMissing(vaultId: ArmId, name: KeyName, key: KeyKind, mark: KeyMark): Promise<Outcome<CreatedKey>>;
  /**
   * Creates a new version of a key through the vault's data plane, with the bot's own permissions. It copies tags and
   * permitted operations from `after` and adds the mark. The vault never returns an existing version here. NOT safe to
   * repeat: check with {@link Keys.versions} first.
   */
  createVersion(
    vaultUri: string,
    name: KeyName,
    after: KeyVersion,
    key: KeyKind,
    mark: KeyMark,
  ): Promise<Outcome<CreatedKey>>;
  /** Lists every version before `current`, oldest first. Empty: there are none, or that version doesn't exist. */
  older(vaultId: ArmId, name: KeyName, current: KeyVersion): Promise<Outcome<readonly ListedKeyVersion[]>>;
  /** Reads the versions from `after` on without that one, oldest first. Null: all versions. Empty: the key doesn't exist. */
  versions(vaultId: ArmId, name: KeyName, after: KeyVersion | null): Promise<Outcome<KeyVersions>>;
  /** Wraps and unwraps test bytes with the bot's own permissions. Changes nothing. */
  probe(vaultUri: string, name: KeyName, version: KeyVersion): Promise<Outcome<Probe>>;
  /**
   * Checks whether a soft-deleted key has this name, so that no key can be created with it. Calls the vault with the bot's
   * own permissions. A refusal or a closed firewall is `not-checked`; no response within seconds is a failure.
   */
  deleted(vaultUri: string, name: KeyName): Promise<Outcome<Deleted>>;
}

export interface Grants {
  /** Returns whether the principal has get, wrap and unwrap permissions for the key, by role assignment or access policy. */
  held(vault: ObservedVault, keyName: KeyName, principalId: string): Promise<Outcome<boolean>>;
  /** Creates a role assignment with a deterministic name, or adds an access policy. Safe to repeat. */
  grant(vault: ObservedVault, keyName: KeyName, principalId: string, tenantId: string): Promise<Outcome<Receipt>>;
}

export interface Control {
  /**
   * Returns everyone who can back up, change, delete or purge the key, or grant such powers. It includes inherited role
   * assignments, and access policies if the vault uses them. Conditions and deny assignments are ignored, because they only
   * remove powers: a possible controller counts as one. `unseen` lists what the bot has no permission to read.
   */
  of(vault: ObservedVault, keyName: KeyName): Promise<Outcome<Pick<ObservedControl, 'controllers' | 'unseen'>>>;
  /** Its display name. Null: the bot has no permission to read it. */
  subscriptionName(id: string): Promise<Outcome<string | null>>;
}

export interface Lock {
  readonly name: string;
  /** `read-only` blocks every write at its scope and below. `cannot-delete` blocks none of the bot's writes. */
  readonly level: 'read-only' | 'cannot-delete';
  /** The ARM ID of the locked scope: the resource, its group or its subscription. */
  readonly scope: string;
}

/** Control-plane actions and data actions. Some names are both. */
export interface Rights {
  readonly actions: readonly string[];
  readonly dataActions: readonly string[];
}

export interface Allowed {
  readonly actions: Readonly<Record<string, boolean>>;
  readonly dataActions: Readonly<Record<string, boolean>>;
}

/** Obstacles to a write. An empty result is no guarantee: Azure Policy can still deny it. */
export interface Guards {
  /** Returns management locks that apply to the resource: its own, its group's and its subscription's. */
  locks(id: ArmId): Promise<Outcome<readonly Lock[]>>;
  /**
   * Returns which actions the bot's own roles allow on a resource, vault or user-assigned identity. Conditions on role
   * assignments and deny assignments are ignored.
   */
  allowed(id: ArmId, rights: Rights): Promise<Outcome<Allowed>>;
}

/**
 * A person's type in the directory. `stranger`: the ID doesn't exist, or the account is disabled. `not-told`: the directory
 * didn't return the type.
 */
export type PersonKind = 'member' | 'guest' | 'stranger' | 'not-told';

export interface Account {
  readonly id: PersonId;
  readonly kind: PersonKind;
}

export interface DirectoryEntry {
  readonly kind: 'person' | 'group';
  readonly name: string;
  /** The person, or the group's people, including those of nested groups. */
  readonly members: readonly Account[];
  /** False: the group has more members than were read. */
  readonly complete: boolean;
}

export interface Membership {
  readonly kind: PersonKind;
  /** Those of the given IDs that are the person's own or a group's that contains them, also nested. */
  readonly of: readonly string[];
}

export interface Groups {
  /** Returns the person's type and which of the IDs they are or belong to. No response within seconds is a failure. */
  memberOf(person: PersonId, ids: readonly string[]): Promise<Outcome<Membership>>;
  /**
   * Returns the group or person with this ID; null if neither exists. Can be stale: use it for display and notifications,
   * never for authorization.
   */
  look(id: string): Promise<Outcome<DirectoryEntry | null>>;
}

/** Azure portal links. They contain validated IDs only, never text that Azure or people wrote. */
export interface Portal {
  resource(id: ArmId): string;
  /** Null if the vault's address isn't in this cloud. */
  key(vaultUri: string, name: KeyName, version: KeyVersion): string | null;
}

/** Vault logs. They need a configured workspace that the vaults send them to. */
export interface VaultLog {
  /**
   * Reads the vault's log: its first and last rows, and the first call of each kind that matches. Rows arrive minutes late,
   * so a missing row proves nothing yet. Changes nothing. Safe to repeat.
   */
  read(vault: Pick<ObservedVault, 'id' | 'name'>, sought: UsageQuery): Promise<Outcome<VaultLogRows>>;
  /** Reads who called with keys of the vault since then (ISO 8601), refused calls too. */
  users(vault: Pick<ObservedVault, 'id' | 'name'>, since: string): Promise<Outcome<VaultUsers>>;
}

export interface ChangeRecord {
  readonly source: 'resource-graph' | 'activity-log';
  /** ARM id. */
  readonly target: string;
  /** ISO 8601. */
  readonly at: string;
  /** Who changed it: an address, an application's id, or Azure's own word. */
  readonly by: string | null;
  /** `User`, `Application`, `System`. */
  readonly byType: string | null;
  readonly clientType: string | null;
  readonly operation: string | null;
  readonly correlationId: string | null;
  /** `Create`, `Update` or `Delete`; of the Activity Log, the operation. */
  readonly changeType: string;
  /** Paths of the properties that changed: `properties.keyVaultProperties.keyName`. */
  readonly properties: readonly string[];
}

/** Azure's records of changes, which come minutes late. Reads only. */
export interface Changes {
  /** Resource Graph's records of these resources, with the properties that changed. Azure keeps them for 14 days. */
  since(ids: readonly ArmId[], since: Date): Promise<Outcome<readonly ChangeRecord[]>>;
  /** The Activity Log's records of writes to these resources and to what lies in them, without properties. */
  activity(ids: readonly ArmId[], since: Date): Promise<Outcome<readonly ChangeRecord[]>>;
}

export interface AttemptCalls {
  /** The change number, given if an Azure policy asks for it. */
  readonly changeReference: string | null;
  /** Sent with each call: the audit log has it also if the answer is lost. */
  readonly clientRequestId: string;
}

export interface Azure {
  within<T>(attempt: AttemptCalls, work: () => Promise<T>): Promise<T>;
  readonly resources: Resources;
  readonly vaults: Vaults;
  readonly keys: Keys;
  readonly keyUsers: KeyUsers;
  /** Null: no workspace is configured. */
  readonly vaultLog: VaultLog | null;
  readonly grants: Grants;
  readonly control: Control;
  readonly guards: Guards;
  readonly policies: Policies;
  readonly inventory: Inventory;
  readonly changes: Changes;
  readonly groups: Groups;
}
