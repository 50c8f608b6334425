/** Vaults as they are stored, with their keys and secrets. */

import { z } from 'zod';
import { IsoDate, place, SystemData } from './fields.ts';

/** Times are Unix seconds, as on Key Vault's wire. */
const versionFields = {
  version: z.string().regex(/^[0-9a-f]{32}$/),
  enabled: z.boolean(),
  nbf: z.number().int().nullable(),
  exp: z.number().int().nullable(),
  created: z.number().int(),
  updated: z.number().int(),
  tags: z.record(z.string(), z.string()).nullable().default(null),
};

/** A version of a secret. Only permitted callers and the simulator's own state get its value. */
export const SecretVersion = z.object({ ...versionFields, value: z.string(), contentType: z.string().nullable() });
export type SecretVersion = z.infer<typeof SecretVersion>;

/** Versions are oldest first. */
export const VaultSecret = z.object({ name: z.string(), versions: z.array(SecretVersion).min(1) });
export type VaultSecret = z.infer<typeof VaultSecret>;

/** A private key as JWK. It never leaves the simulator except in its own state. */
export const PrivateJwk = z.record(z.string(), z.string());
export type PrivateJwk = z.infer<typeof PrivateJwk>;

export const KeyVersion = z.object({
  ...versionFields,
  kty: z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM']),
  keySize: z.number().int().nullable(),
  curve: z.string().nullable(),
  keyOps: z.array(z.string()),
  jwk: PrivateJwk,
});
export type KeyVersion = z.infer<typeof KeyVersion>;

/** Versions are oldest first. */
export const VaultKey = z.object({
  name: z.string(),
  versions: z.array(KeyVersion).min(1),
  /** Set for a soft-deleted key. */
  deletedAt: z.number().int().nullable(),
});
export type VaultKey = z.infer<typeof VaultKey>;

export const KeyPermissions = z.object({
  keys: z.array(z.string()),
  secrets: z.array(z.string()),
  certificates: z.array(z.string()),
  storage: z.array(z.string()),
});
export type KeyPermissions = z.infer<typeof KeyPermissions>;

export const AccessPolicy = z.object({
  tenantId: z.string(),
  objectId: z.string(),
  applicationId: z.string().nullable(),
  permissions: KeyPermissions,
  /** The key permissions that are effective until `effectiveAt`. */
  keysBefore: z.array(z.string()),
  effectiveAt: IsoDate,
});
export type AccessPolicy = z.infer<typeof AccessPolicy>;

export const NetworkAcls = z.object({
  bypass: z.string(),
  defaultAction: z.enum(['Allow', 'Deny']),
  ipRules: z.array(z.object({ value: z.string() })),
  virtualNetworkRules: z.array(z.object({ id: z.string() })),
});
export type NetworkAcls = z.infer<typeof NetworkAcls>;

export const Vault = z.object({
  /** Network access before a scenario closed the vault. */
  openedAgain: z.object({ publicNetworkAccess: z.string(), networkAcls: NetworkAcls.nullable() }).optional(),
  /** The vault's number: its port is the main port plus this. */
  n: z.number().int().positive(),
  port: z.number().int(),
  ...place,
  location: z.string(),
  tags: z.record(z.string(), z.string()).default({}),
  tenantId: z.string(),
  sku: z.enum(['standard', 'premium']).default('standard'),
  enableSoftDelete: z.boolean().default(true),
  softDeleteRetentionInDays: z.number().int().default(90),
  enablePurgeProtection: z.boolean().default(false),
  /** False: the vault uses access policies. */
  enableRbacAuthorization: z.boolean().default(true),
  accessPolicies: z.array(AccessPolicy).default([]),
  networkAcls: NetworkAcls.nullable().default(null),
  publicNetworkAccess: z.enum(['Enabled', 'Disabled', 'SecuredByPerimeter']).default('Enabled'),
  systemData: SystemData,
  keys: z.array(VaultKey).default([]),
  secrets: z.array(VaultSecret).default([]),
});
export type Vault = z.infer<typeof Vault>;

/** A vault that can be recovered, with its keys, until its retention ends. */
export const DeletedVault = z.object({ vault: Vault, deletedAt: IsoDate });
