/** What a step changes: data, which words render. Everything but `before` is part of what is approved. */
import { z } from 'zod';
import { ArmId, KeyName, KeyVersion } from './ids.ts';
import { CustomerKey, KeyKind } from './observed.ts';

/** Stands for the object id of the resource's system-assigned identity, which may not be there yet. */
export const resourcePrincipal = 'principal-of(resource)';
/** Stands for the version of a key that only the run will make. */
export const madeVersion = 'made-by-this-request' as const;

/** The role that a grant gives in a vault that grants by role assignment. */
export const grantedRole = 'Key Vault Crypto Service Encryption User';
/** What a grant allows in a vault that grants by access policy. */
export const grantedPermissions = ['get', 'wrapKey', 'unwrapKey'] as const;

const principal = z.literal(resourcePrincipal);

/** One change: afterwards the target is as it says. */
export const Effect = z.discriminatedUnion('change', [
  /** The resource has an identity of its own, beside those it had. */
  z.strictObject({ change: z.literal('identity'), target: ArmId, before: z.enum(['none', 'user-assigned']) }),
  /** A key, or a further version of one: `before` is the version it comes after. */
  z.strictObject({ change: z.literal('key'), target: ArmId, ...KeyKind.shape, before: KeyVersion.nullable() }),
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
  /** The key under which the resource encrypts. `before` null: Microsoft's. */
  z.strictObject({
    change: z.literal('customer-key'),
    target: ArmId,
    to: z.strictObject({
      vaultUri: z.string(),
      keyName: KeyName,
      keyVersion: z.union([KeyVersion, z.literal(madeVersion)]),
    }),
    before: CustomerKey.nullable(),
  }),
]);
export type Effect = z.infer<typeof Effect>;

/** ARM ids mean the same in any case, wherever they stand in a value. */
export function lowerIds(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('/subscriptions/') ? value.toLowerCase() : value;
  if (Array.isArray(value)) return value.map(lowerIds);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, lowerIds(inner)]));
}

/** What of an effect is approved. */
export function approvedPart({ before: _, ...change }: Effect): unknown {
  return lowerIds(change);
}
