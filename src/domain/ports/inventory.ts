/** Lists of agents and vaults, and who uses keys, across subscriptions. */
import type { Failure, Outcome } from '../failure.ts';
import type { ArmId, KeyName } from '../ids.ts';
import type { DeclaredUse, KeyHolder, ObservedUse } from '../key-impact.ts';
import type { CustomerKey, ObservedVault } from '../observed.ts';

/** A resource as returned by a list. */
export interface ResourceSummary {
  readonly kind: string;
  readonly id: ArmId;
  readonly name: string;
  readonly location: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly underCustomerKey: boolean;
}

/** A resource reduced to its key, because there can be many thousands. */
export interface ResourceKey {
  readonly id: ArmId;
  readonly name: string;
  /** Null: a Microsoft-managed key. */
  readonly customerKey: CustomerKey | null;
}

/** A vault as returned by a list. */
export type VaultSummary = ObservedVault;

/** The agents that could be read, and the subscriptions that couldn't. */
export interface ResourceKeys {
  readonly resources: readonly ResourceKey[];
  readonly unread: readonly UnreadSubscription[];
}

export interface UnreadSubscription {
  readonly subscriptionId: string;
  readonly failure: Failure;
}

/** Lists to choose from. They can lag behind Azure, so check again before acting. */
export interface Inventory {
  /** Returns agents in the configured subscriptions whose name contains the text, by name, at most `top`. */
  resources(contains: string, top: number): Promise<Outcome<readonly ResourceSummary[]>>;
  /**
   * Returns every agent in the configured subscriptions with its key, in any order. Reads page by page. If only some
   * subscriptions are refused, the others' agents are returned; if all are, it fails.
   */
  resourceKeys(): Promise<Outcome<ResourceKeys>>;
  /** Returns all vaults in the configured subscriptions except these, by name. */
  vaults(but?: readonly string[]): Promise<Outcome<readonly VaultSummary[]>>;
}

export interface KeyUsers {
  /** Resources in the configured subscriptions that name a key of the vault. The list might be some minutes old. */
  declared(vault: Pick<ObservedVault, 'name' | 'uri'>): Promise<Outcome<DeclaredUse>>;
  /** Who has permission to unwrap with the key, or with any key of the vault; null: the bot can't read that. */
  holders(vault: ObservedVault, keyName: KeyName | null): Promise<Outcome<readonly KeyHolder[] | null>>;
  /** Who used keys of the vault since then (ISO 8601), by its log. */
  observed(vault: Pick<ObservedVault, 'id' | 'name'>, since: string): Promise<ObservedUse>;
}
