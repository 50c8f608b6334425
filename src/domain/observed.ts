/**
 * What Azure held when it was looked at: plain values in our words. Everything here is a zod schema, because plans that
 * quote it are stored with a request.
 */
import { z } from 'zod';
import { ArmId, KeyName, KeyVersion } from './ids.ts';

/** The key an agent's data is encrypted under, when a customer manages it. */
export const CustomerKey = z.object({
  vaultUri: z.string(),
  keyName: z.string(),
  /** Null when the agent follows the newest version. */
  keyVersion: z.string().nullable(),
});
export type CustomerKey = z.infer<typeof CustomerKey>;

/** A healthcare agent service as ARM returned it. */
export const ObservedResource = z.object({
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
  /** Requests stored before this was looked at are read as: no tags. */
  tags: z.record(z.string(), z.string()).default({}),
  /** Null: Microsoft manages the key. */
  customerKey: CustomerKey.nullable(),
});
export type ObservedResource = z.infer<typeof ObservedResource>;

/** A key vault as ARM returned it. */
export const ObservedVault = z.object({
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
});
export type ObservedVault = z.infer<typeof ObservedVault>;

/** One version of a key as ARM returned it. */
export const ObservedKey = z.object({
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
  /** The request it was made for, where it says so: the bot's own keys do. */
  madeFor: z.string().optional(),
});
export type ObservedKey = z.infer<typeof ObservedKey>;

/** What may stand in the way of writing, as far as the bot was allowed to look: null where it was not. */
export const ObservedGuards = z.object({
  /** Locks that stop every write at the agent or the vault. */
  readOnlyLocks: z.array(z.object({ name: z.string(), scope: z.string() })).nullable(),
  /** Which of the control-plane actions that plans need the bot may do. */
  allowed: z.record(z.string(), z.boolean()).nullable(),
  /** Whether a soft-deleted key still holds the name of a new one. */
  deletedKey: z.enum(['none', 'deleted', 'not-checked']),
});
export type ObservedGuards = z.infer<typeof ObservedGuards>;

/** Everything a plan rests on, looked at together. */
export const Observation = z.object({
  resource: ObservedResource,
  vault: ObservedVault,
  /** Null: no key of that name. */
  key: ObservedKey.nullable(),
  /** Whether the agent's identity may get, wrap and unwrap with the key. */
  grantHeld: z.boolean(),
  /** Requests stored before this was looked at are read as: not looked at. */
  guards: ObservedGuards.default({ readOnlyLocks: null, allowed: null, deletedKey: 'not-checked' }),
});
export type Observation = z.infer<typeof Observation>;

/** A key that is to be made. */
export const NewKey = z.object({
  type: z.enum(['RSA', 'RSA-HSM']),
  size: z.union([z.literal(2048), z.literal(3072), z.literal(4096)]),
  /** ISO 8601 date, or null for none. */
  expires: z.string().nullable(),
});
export type NewKey = z.infer<typeof NewKey>;

/** What the requester wants to be true at the end. */
export const Wish = z.object({
  resourceId: ArmId,
  vaultId: ArmId,
  keyName: KeyName,
  /** The pinned version of an existing key; null for a key that is to be made. */
  keyVersion: KeyVersion.nullable(),
  newKey: NewKey.nullable(),
});
export type Wish = z.infer<typeof Wish>;

/** The ARM id of a key inside its vault: the scope of a grant. */
export const keyScope = (wish: Pick<Wish, 'vaultId' | 'keyName'>): ArmId =>
  ArmId.parse(`${wish.vaultId}/keys/${wish.keyName}`);

/** Azure writes a vault's address with and without a final slash, in any case. */
export const sameVaultUri = (a: string, b: string): boolean =>
  a.toLowerCase().replace(/\/$/, '') === b.toLowerCase().replace(/\/$/, '');
