/**
 * What Azure held when it was looked at: plain values in our words. Everything here is a zod schema, because plans that
 * quote it are stored with a request.
 */
import { z } from 'zod';
import { ObservedControl, Subscription } from './control.ts';
import { ArmId, KeyName, KeyVersion } from './ids.ts';

/** The key a resource's data is encrypted under, when a customer manages it. */
export const CustomerKey = z.strictObject({
  vaultUri: z.string(),
  keyName: z.string(),
  /** Null when the resource names none: whether it then follows the newest is not known. */
  keyVersion: z.string().nullable(),
});
export type CustomerKey = z.infer<typeof CustomerKey>;

/** The resource as ARM returned it. */
export const ObservedResource = z.strictObject({
  kind: z.string(),
  id: ArmId,
  name: z.string(),
  location: z.string(),
  /** ISO 8601, or null where neither ARM nor the resource list tells it. */
  createdAt: z.string().nullable(),
  provisioningState: z.string(),
  systemAssigned: z.boolean(),
  /** The system-assigned identity's object id and tenant; null without one. */
  principalId: z.string().nullable(),
  tenantId: z.string().nullable(),
  userAssignedIds: z.array(z.string()),
  tags: z.record(z.string(), z.string()),
  /** Null: Microsoft manages the key. */
  customerKey: CustomerKey.nullable(),
});
export type ObservedResource = z.infer<typeof ObservedResource>;

/** A key vault as ARM returned it. */
export const ObservedVault = z.strictObject({
  id: ArmId,
  name: z.string(),
  uri: z.string(),
  location: z.string(),
  tenantId: z.string(),
  softDelete: z.boolean(),
  retentionDays: z.number().nullable(),
  purgeProtection: z.boolean(),
  /** How access to keys is granted. */
  access: z.enum(['role-assignments', 'access-policies']),
  /** `closed`: public access is off, or denied by default. */
  firewall: z.enum(['open', 'closed']),
  sku: z.enum(['standard', 'premium']),
  /** ISO 8601; null where ARM doesn't tell. Missing: read from a list, or stored before it was read. */
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
  /** Only in what was stored before ADR 14: the request it said it was made for, which proves nothing. */
  madeFor: z.string().nullable().optional(),
  /** SHA-256 of the nonce that it carries; null where it carries none. Missing: stored before keys carried one. */
  nonceHash: z.string().nullable().optional(),
});
export type ObservedKey = z.infer<typeof ObservedKey>;

/** Why a key that carries what only the request's own could carry is not taken for it. */
export const Doubt = z.enum(['copied', 'not-the-first', 'made-at-another-time', 'too-many-versions']);
export type Doubt = z.infer<typeof Doubt>;

/** What may stand in the way of writing, as far as the bot was allowed to look: null where it was not. */
export const ObservedGuards = z.strictObject({
  /** Locks that stop every write at the resource or the vault. */
  readOnlyLocks: z.array(z.strictObject({ name: z.string(), scope: z.string() })).nullable(),
  /** Which of the control-plane actions that plans need the bot may do. */
  allowed: z.record(z.string(), z.boolean()).nullable(),
  /** The same of the vault's own data actions; null also where the vault grants by access policy, which tells nobody. */
  allowedData: z.record(z.string(), z.boolean()).nullable(),
  /** Whether a soft-deleted key holds the name: of a new key, or of one that isn't there any more. */
  deletedKey: z.enum(['none', 'deleted', 'not-checked']),
});
export type ObservedGuards = z.infer<typeof ObservedGuards>;

/** A key, as one is to be made. */
export const KeyKind = z.strictObject({
  type: z.enum(['RSA', 'RSA-HSM']),
  size: z.union([z.literal(2048), z.literal(3072), z.literal(4096)]),
  /** ISO 8601 date, or null for none. */
  expires: z.string().nullable(),
});
export type KeyKind = z.infer<typeof KeyKind>;

/** What other resources use, as far as it bears on the wanted vault and key. Lists may lag some minutes behind. */
export const ObservedOthers = z.strictObject({
  /** Those under the wanted key. */
  sameKey: z.array(z.strictObject({ id: ArmId, name: z.string(), subscription: Subscription })),
  /** Names of vaults and keys in use that are easily taken for the wanted ones. */
  vaultsAlike: z.array(z.string()),
  keysAlike: z.array(z.string()),
  /** The list of resources could not be read. */
  unread: z.boolean(),
});
export type ObservedOthers = z.infer<typeof ObservedOthers>;

/** Everything a plan rests on, looked at together. One shape for all operations that are about a key. */
export const Observation = z.strictObject({
  resource: ObservedResource,
  vault: ObservedVault,
  /** The key, at the version that is wanted or was made for this request. Null: there is none. */
  key: ObservedKey.nullable(),
  /** Of a key that the run makes: whose the one is that was found. Missing: it was not asked, or before ADR 14. */
  keyIs: z.enum(['own', 'others', ...Doubt.options]).optional(),
  /** Where the version isn't there: the newest version under that name, null for none. Missing: the version is there, or it was not asked. */
  keyNow: KeyVersion.nullable().optional(),
  /** The version that the resource is to be taken from; null where that is Microsoft's key, or it cannot be read. */
  from: ObservedKey.nullable(),
  /** Whether the resource's identity may get, wrap and unwrap with the key. */
  grantHeld: z.boolean(),
  guards: ObservedGuards,
  /** Missing in plans made before this was looked at: then nobody was shown who controls the key. */
  control: ObservedControl.optional(),
  /** Missing in plans made before this was looked at. */
  others: ObservedOthers.optional(),
});
export type Observation = z.infer<typeof Observation>;

/** Something that was deleted and created again under the same name. Times are ISO 8601. */
export interface ReplacedKey {
  readonly what: 'resource' | 'vault';
  readonly was: string;
  readonly now: string;
}

type Created = { readonly createdAt?: string | null | undefined };

/** ARM and its resource lists round differently. Nothing is created again that soon after an approval. */
const sameCreationMs = 60_000;

/** Null: the same thing, or Azure didn't tell both times. */
export function replacedSince(what: ReplacedKey['what'], before: Created, after: Created): ReplacedKey | null {
  const [was, now] = [before.createdAt, after.createdAt];
  if (!was || !now || Math.abs(Date.parse(now) - Date.parse(was)) < sameCreationMs) return null;
  return { what, was, now };
}

/** Azure writes a vault's address with and without a final slash, in any case. */
export const sameVaultUri = (a: string, b: string): boolean =>
  a.toLowerCase().replace(/\/$/, '') === b.toLowerCase().replace(/\/$/, '');

/** Whether two keys are one version of one key. One without a version is like no other. */
export const sameKey = (a: CustomerKey, b: CustomerKey): boolean => a.keyVersion !== null && isNamedAlike(a, b);

/** Whether two keys are named alike, also where neither names a version. */
export const isNamedAlike = (a: CustomerKey, b: CustomerKey): boolean =>
  sameVaultUri(a.vaultUri, b.vaultUri) && a.keyName === b.keyName && a.keyVersion === b.keyVersion;

/** The ARM id of a key inside its vault: the scope of a grant. */
export const keyScope = (key: { readonly vaultId: ArmId; readonly keyName: KeyName }): ArmId =>
  ArmId.parse(`${key.vaultId}/keys/${key.keyName}`);
