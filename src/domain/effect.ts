/** Effects: what a step changes in Azure. An approval covers all fields except `before`. */
import { z } from 'zod';
import { ArmId, KeyName, KeyVersion } from './ids.ts';
import { CustomerKey, KeyKind } from './observed.ts';

/** Placeholder for the object ID of the resource's system-assigned identity, which might not exist yet. */
export const resourcePrincipal = 'principal-of(resource)';
/** Placeholder for the key version that the run creates. */
export const madeVersion = 'made-by-this-request' as const;

/** Role that the bot assigns in a vault with role-based access. */
export const grantedRole = 'Key Vault Crypto Service Encryption User';
/** Permissions that the bot grants in a vault with access policies. */
export const grantedPermissions = ['get', 'wrapKey', 'unwrapKey'] as const;

const principal = z.literal(resourcePrincipal);

/** One change. Its fields describe the target afterwards. */
export const Effect = z.discriminatedUnion('change', [
  /** The resource gets a system-assigned identity. User-assigned ones stay. */
  z.strictObject({ change: z.literal('identity'), target: ArmId, before: z.enum(['none', 'user-assigned']) }),
  /** A new key, or a new version of a key. `before`: the version that it follows. */
  z.strictObject({ change: z.literal('key'), target: ArmId, ...KeyKind.shape, before: KeyVersion.nullable() }),
  /** A deleted key is back. `missing`: it is gone, and the bot can't see whether it was deleted. A role of the vault does it. */
  z.strictObject({
    change: z.literal('key-recovery'),
    target: ArmId,
    keyVersion: KeyVersion,
    before: z.enum(['deleted', 'missing']),
  }),
  /** A version of a key is enabled. A role of the vault does it. */
  z.strictObject({
    change: z.literal('key-enablement'),
    target: ArmId,
    keyVersion: KeyVersion,
    before: z.literal('disabled'),
  }),
  /** A version of a key is disabled. A role of the vault does it. */
  z.strictObject({
    change: z.literal('key-disablement'),
    target: ArmId,
    keyVersion: KeyVersion,
    before: z.literal('enabled'),
  }),
  z.strictObject({
    change: z.literal('role-assignment'),
    target: ArmId,
    principal,
    role: z.literal(grantedRole),
    before: z.null(),
  }),
  z.strictObject({
    change: z.literal('access-policy'),
    target: ArmId,
    principal,
    permissions: z.tuple([z.literal('get'), z.literal('wrapKey'), z.literal('unwrapKey')]),
    before: z.null(),
  }),
  z.strictObject({ change: z.literal('soft-delete'), target: ArmId, before: z.literal('off') }),
  z.strictObject({ change: z.literal('purge-protection'), target: ArmId, before: z.literal('off') }),
  /** The key that encrypts the resource's data. `before` null: a Microsoft-managed key. */
  z.strictObject({
    change: z.literal('customer-key'),
    target: ArmId,
    to: z.strictObject({
      vaultUri: z.string(),
      keyName: KeyName,
      /** Null: it follows new versions. */
      keyVersion: z.union([KeyVersion, z.literal(madeVersion)]).nullable(),
    }),
    before: CustomerKey.nullable(),
  }),
]);
export type Effect = z.infer<typeof Effect>;

/** Changes that a role of the vault makes, and the bot only reads back: docs/decisions/0020. */
const byRole: readonly Effect['change'][] = ['key-recovery', 'key-enablement', 'key-disablement'];
export const isDoneByRole = ({ change }: Effect): boolean => byRole.includes(change);

/** Lowercases every ARM ID in a value. ARM IDs are case-insensitive. */
export function lowerIds(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('/subscriptions/') ? value.toLowerCase() : value;
  if (Array.isArray(value)) return value.map(lowerIds);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, lowerIds(inner)]));
}

export function approvedPart({ before: _, ...change }: Effect): unknown {
  return lowerIds(change);
}
