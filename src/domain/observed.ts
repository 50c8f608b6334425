/** Azure state as plain values. Everything is a zod schema, because stored plans contain it. */
import { z } from 'zod';
import { ObservedControl, Subscription } from './control.ts';
import { ArmId, KeyName, KeyVersion, sameArmId } from './ids.ts';

/** Times are ISO 8601. */
const VersionUser = z.strictObject({
  name: z.string(),
  how: z.enum(['declares', 'used', 'used-undeclared', 'refused']),
  /** Null: it isn't in the log. */
  last: z.string().nullable(),
});
export type VersionUser = z.infer<typeof VersionUser>;

/** The version to disable, as Azure has it. Part of stored plans. */
export const Retirement = z.strictObject({
  version: KeyVersion,
  /** Null: the version doesn't exist. */
  enabled: z.boolean().nullable(),
  log: z.discriminatedUnion('outcome', [
    z.strictObject({ outcome: z.literal('read'), first: z.string(), last: z.string() }),
    z.strictObject({ outcome: z.literal('no-rows') }),
    z.strictObject({ outcome: z.literal('not-configured') }),
    /** `code`: Azure's. */
    z.strictObject({ outcome: z.literal('not-readable'), code: z.string() }),
  ]),
  /** When the log first shows the resource with its current version. Null: it doesn't. */
  usedSince: z.string().nullable(),
  /** Who still uses the old version, or might. */
  users: z.array(VersionUser),
  /** What a resource declares isn't known there. */
  unread: z.strictObject({ subscriptions: z.number(), types: z.number() }),
});
export type Retirement = z.infer<typeof Retirement>;

/** A service can use an earlier version for up to a day after a rotation (learn.microsoft.com, key rotation). */
export const dayOfOldUseMs = 24 * 3_600_000;

export const CustomerKey = z.strictObject({
  vaultUri: z.string(),
  keyName: z.string(),
  /** Null if the resource names none. Whether it then follows the newest version is unknown. */
  keyVersion: z.string().nullable(),
  /** ARM ID of the user-assigned identity that opens the key. Missing: the system-assigned one. */
  userIdentity: z.string().optional(),
});
export type CustomerKey = z.infer<typeof CustomerKey>;

/** The resource as ARM returned it. */
export const ObservedResource = z.strictObject({
  kind: z.string(),
  id: ArmId,
  name: z.string(),
  location: z.string(),
  /** ISO 8601; null if neither ARM nor the resource list returns it. */
  createdAt: z.string().nullable(),
  provisioningState: z.string(),
  systemAssigned: z.boolean(),
  /** Object ID and tenant of the system-assigned identity; null without one. */
  principalId: z.string().nullable(),
  tenantId: z.string().nullable(),
  userAssignedIds: z.array(z.string()),
  tags: z.record(z.string(), z.string()),
  /** Null: a Microsoft-managed key. */
  customerKey: CustomerKey.nullable(),
});
export type ObservedResource = z.infer<typeof ObservedResource>;

/** A key vault as ARM returned it. */
/** `closed`: public access is off, or denied by default. `trusted`: except for Microsoft's trusted services. */
export const Firewall = z.enum(['open', 'trusted', 'closed']);

export const ObservedVault = z.strictObject({
  id: ArmId,
  name: z.string(),
  uri: z.string(),
  location: z.string(),
  tenantId: z.string(),
  softDelete: z.boolean(),
  retentionDays: z.number().nullable(),
  purgeProtection: z.boolean(),
  access: z.enum(['role-assignments', 'access-policies']),
  firewall: Firewall,
  sku: z.enum(['standard', 'premium']),
  /** ISO 8601; null if ARM doesn't return it. Missing: read from a list. */
  createdAt: z.string().nullable().optional(),
});
export type ObservedVault = z.infer<typeof ObservedVault>;

/** One version of a key as ARM returned it. */
export const ObservedKey = z.strictObject({
  name: KeyName,
  version: KeyVersion,
  type: z.string(),
  /** Bits; null for curves. */
  size: z.number().nullable(),
  operations: z.array(z.string()),
  enabled: z.boolean(),
  /** ISO 8601. */
  notBefore: z.string().nullable(),
  expires: z.string().nullable(),
  created: z.string().nullable(),
  /** SHA-256 of the key's nonce; null if it has none. */
  nonceHash: z.string().nullable(),
});
export type ObservedKey = z.infer<typeof ObservedKey>;

/** Why a key with the mark of the request's own key isn't accepted as that key. */
export const Doubt = z.enum(['copied', 'not-the-first', 'made-at-another-time', 'too-many-versions']);
export type Doubt = z.infer<typeof Doubt>;

/** Obstacles to a write. Null: the bot has no permission to read them. */
export const ObservedGuards = z.strictObject({
  /** Locks that block every write to the resource or the vault. */
  readOnlyLocks: z.array(z.strictObject({ name: z.string(), scope: z.string() })).nullable(),
  /** The bot's permissions: whether each control-plane action that plans need is allowed. */
  allowed: z.record(z.string(), z.boolean()).nullable(),
  /** The same for the vault's data actions. Null also in a vault with access policies, which can't be queried. */
  allowedData: z.record(z.string(), z.boolean()).nullable(),
  /** Whether a soft-deleted key has the name of the new or missing key. */
  deletedKey: z.enum(['none', 'deleted', 'not-checked']),
});
export type ObservedGuards = z.infer<typeof ObservedGuards>;

export const KeyKind = z.strictObject({
  type: z.enum(['RSA', 'RSA-HSM']),
  size: z.union([z.literal(2048), z.literal(3072), z.literal(4096)]),
  /** ISO 8601 date, or null for none. */
  expires: z.string().nullable(),
});
export type KeyKind = z.infer<typeof KeyKind>;

/** Used the requested key, by the vault's log, and no listed resource declares it. `last`: ISO 8601. */
export const UndeclaredUser = z.strictObject({ name: z.string(), last: z.string() });

/** Other resources' keys, as far as they matter for the requested vault and key. Lists can lag by minutes. */
export const ObservedOthers = z.strictObject({
  sameKey: z.array(z.strictObject({ id: ArmId, name: z.string(), subscription: Subscription })),
  /** Names in use that are easily confused with the requested vault or key. */
  vaultsAlike: z.array(z.string()),
  keysAlike: z.array(z.string()),
  unread: z.boolean(),
});
export type ObservedOthers = z.infer<typeof ObservedOthers>;

/** Which changes around the bot Azure Policy refuses: all that `infra/guard` covers, a part of them, or none. */
export const GuardState = z.enum(['all', 'some', 'none']);
export type GuardState = z.infer<typeof GuardState>;

export const Observation = z.strictObject({
  resource: ObservedResource,
  vault: ObservedVault,
  /** The key at the requested version, or at the version that this request created. Null: it doesn't exist. */
  key: ObservedKey.nullable(),
  /** The owner of the key that was found, if the run creates the key. Missing: not checked. */
  keyIs: z.enum(['own', 'others', ...Doubt.options]).optional(),
  /** If the version doesn't exist: the newest version with that name, null for none. Missing: it exists, or wasn't checked. */
  keyNow: KeyVersion.nullable().optional(),
  /** The key version to replace. Null: a Microsoft-managed key, or it can't be read. */
  from: ObservedKey.nullable(),
  /** Whether the resource's identity has the get, wrap and unwrap permissions for the key. */
  grantHeld: z.boolean(),
  guards: ObservedGuards,
  control: ObservedControl,
  others: ObservedOthers,
  /**
   * What Azure Policy refuses once the resource has the key. It can change at any time, so no approval depends on it. Null: the
   * bot couldn't read it.
   */
  guard: GuardState.nullable(),
  /** Missing: the log couldn't be read, or the key doesn't exist yet. */
  undeclared: z.array(UndeclaredUser).optional(),
  /** Use of the version to disable. Missing: none is to be disabled. */
  retirement: Retirement.optional(),
});
export type Observation = z.infer<typeof Observation>;

/** A resource or vault that was deleted and created again under the same name. Times are ISO 8601. */
export interface RecreatedObject {
  readonly what: 'resource' | 'vault';
  readonly was: string;
  readonly now: string;
}

type Created = { readonly createdAt?: string | null | undefined };

/** ARM and its resource lists round creation times differently. Differences below this limit don't count. */
const sameCreationMs = 60_000;

/** Detects a replacement by creation time. Null: it's the same one, or Azure didn't return both times. */
export function replacedSince(what: RecreatedObject['what'], before: Created, after: Created): RecreatedObject | null {
  const was = before.createdAt;
  const now = after.createdAt;
  if (!was || !now || Math.abs(Date.parse(now) - Date.parse(was)) < sameCreationMs) return null;
  return { what, was, now };
}

/**
 * Returns a vault's address for comparison. Azure keeps what a client sent: in any case, with and without a final slash, and
 * with `:443` (Microsoft's examples of Set-AzStorageAccount).
 */
export const normalizedVaultUri = (uri: string): string =>
  URL.canParse(uri) ? new URL(uri).origin : uri.toLowerCase();

export const sameVaultUri = (a: string, b: string): boolean => normalizedVaultUri(a) === normalizedVaultUri(b);

/** Compares key names. Key Vault keeps their case and ignores it. */
export const sameKeyName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Returns whether both are the same version of the same key. A key without a version equals no other. */
export const sameKey = (a: CustomerKey, b: CustomerKey): boolean => a.keyVersion !== null && isNamedAlike(a, b);

/** Returns whether both have the same vault, name, version and identity, also if neither has a version. */
export const isNamedAlike = (a: CustomerKey, b: CustomerKey): boolean =>
  sameVaultUri(a.vaultUri, b.vaultUri) &&
  sameKeyName(a.keyName, b.keyName) &&
  a.keyVersion === b.keyVersion &&
  sameArmId(a.userIdentity ?? '', b.userIdentity ?? '');

/** Returns whether a resource still has this key, or still none. */
export const isUnchangedKey = (now: CustomerKey | null, before: CustomerKey | null): boolean =>
  now === null || before === null ? now === before : isNamedAlike(now, before);

/** Returns the key's ARM ID inside its vault: the scope of a role assignment. */
export const keyScope = (key: { readonly vaultId: ArmId; readonly keyName: KeyName }): ArmId =>
  ArmId.parse(`${key.vaultId}/keys/${key.keyName}`);

const failures = ['failed', 'canceled', 'cancelled'];
const isOneOf = (states: readonly string[], provisioningState: string): boolean =>
  states.includes(provisioningState.toLowerCase());

/**
 * Returns whether the last operation failed. The state lasts until another operation succeeds. Until then, the resource
 * shows the requested values, which might not be in effect.
 */
export const hasFailed = (provisioningState: string): boolean => isOneOf(failures, provisioningState);

/** Returns whether Azure is still working on the resource. A failed or cancelled operation isn't in progress. */
export const isBusy = (provisioningState: string): boolean =>
  !isOneOf(['succeeded', 'unknown', ...failures], provisioningState);
