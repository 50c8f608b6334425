/** Lists of resources and vaults, and who uses keys, across subscriptions. */
import type { Failure, Outcome } from '../failure.ts';
import type { ArmId, KeyName } from '../ids.ts';
import type { HiddenKinds, KeyHolder, ObservedUse } from '../key-impact.ts';
import type { CustomerKey, ObservedVault } from '../observed.ts';
import type { KeyPlace, ResourceKind } from '../resource-kind.ts';

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

export type VaultSummary = ObservedVault;

/** A resource with every key that it names. */
export interface KeyedResource extends ResourceKey {
  /** One of the kinds that were asked for. */
  readonly kind: KeyPlace;
  readonly keys: readonly CustomerKey[];
  /** Its key follows new versions; null: unknown, or no key. */
  readonly follows: boolean | null;
  /** Object ids of its managed identities, lower case. */
  readonly identities: readonly string[];
}

/** The resources that could be read, and the subscriptions that couldn't. */
export interface ResourceKeys {
  readonly resources: readonly KeyedResource[];
  readonly unread: readonly UnreadSubscription[];
}

export interface UnreadSubscription {
  readonly subscriptionId: string;
  readonly failure: Failure;
}

/** Lists to choose from. They can lag behind Azure, so check again before acting. */
export interface Inventory {
  /** Kinds that can be requested. */
  readonly kinds: readonly ResourceKind[];
  /** Returns resources in the configured subscriptions whose name contains the text, by name, at most `top`. `of`: default `kinds`. */
  resources(contains: string, top: number, of?: readonly ResourceKind[]): Promise<Outcome<readonly ResourceSummary[]>>;
  /**
   * Returns every resource of these kinds in the configured subscriptions with its keys, by id. Reads page by page. If only some
   * subscriptions are refused, the others' resources are returned; if all are, it fails.
   */
  resourceKeys(of: readonly KeyPlace[]): Promise<Outcome<ResourceKeys>>;
  /** Returns all vaults in the configured subscriptions except these, by name. */
  vaults(but?: readonly string[]): Promise<Outcome<readonly VaultSummary[]>>;
}

export interface KeyUsers {
  /** Returns the configured subscriptions where the bot can't read some of these kinds: Resource Graph leaves them out. */
  hidden(kinds: readonly KeyPlace[]): Promise<readonly HiddenKinds[]>;
  /** Who has permission to unwrap with the key, or with any key of the vault; null: the bot can't read that. */
  holders(vault: ObservedVault, keyName: KeyName | null): Promise<Outcome<readonly KeyHolder[] | null>>;
  /** Who used keys of the vault since then (ISO 8601), by its log. */
  observed(vault: Pick<ObservedVault, 'id' | 'name'>, since: string): Promise<ObservedUse>;
}

/** A definition as Azure has it. `rule` is JSON. */
export interface PolicyDefinition {
  readonly rule: unknown;
  readonly defaults: Readonly<Record<string, unknown>>;
}

export interface PolicyAssignment {
  readonly id: string;
  /** Name of its definition, the last part of its ID. */
  readonly definitionName: string;
  /** Null: it can't be read. */
  readonly definition: PolicyDefinition | null;
  readonly scope: string;
  readonly notScopes: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  /** False: `DoNotEnforce`, which only reports. */
  readonly enforced: boolean;
  /** It has `resourceSelectors` or `overrides`, which can change what it applies to and its effect. */
  readonly narrowed: boolean;
}

interface PolicyExemption {
  readonly scope: string;
  readonly assignmentId: string;
  /** ISO 8601; null: without end. */
  readonly expires: string | null;
}

export interface AssignedPolicies {
  readonly assignments: readonly PolicyAssignment[];
  readonly exemptions: readonly PolicyExemption[];
}

/** Azure Policy as far as the guard definitions go: which are assigned, and what is exempt. Read-only. */
export interface Policies {
  /**
   * Assignments of definitions with these names that hold in the subscription or in a part of it, inherited ones included, and all
   * exemptions there. Definitions that are assigned in an initiative aren't found. Answers can be a minute old.
   */
  assigned(subscriptionId: string, names: readonly string[]): Promise<Outcome<AssignedPolicies>>;
}
