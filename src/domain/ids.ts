/** Branded identifiers. A value of such a type has passed its schema at the boundary where it came in. */
import { z } from 'zod';

/** A request's ID for people: `CMK-` and six characters of Crockford's base 32 (no I, L, O, U). */
export const RequestId = z
  .string()
  .regex(/^CMK-[0-9A-HJKMNP-TV-Z]{6}$/)
  .brand<'RequestId'>();
export type RequestId = z.infer<typeof RequestId>;

/** The events of one resource's drift: made of the resource's id, so that every replica names them the same. */
export const DriftId = z
  .string()
  .regex(/^DRIFT-[0-9A-HJKMNP-TV-Z]{10}$/)
  .brand<'DriftId'>();
export type DriftId = z.infer<typeof DriftId>;

/** What events belong to: a request, or a resource's drift. */
export const StreamId = z.union([RequestId, DriftId]);
export type StreamId = z.infer<typeof StreamId>;

export const FormId = z
  .string()
  .regex(/^F-[0-9A-HJKMNP-TV-Z]{10}$/)
  .brand<'FormId'>();
export type FormId = z.infer<typeof FormId>;

const guid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i)
  .transform((text) => text.toLowerCase());

/** A person's Entra object ID in lower case. */
export const PersonId = guid.pipe(z.string().brand<'PersonId'>());
export type PersonId = z.infer<typeof PersonId>;

/** An Entra tenant ID in lower case. */
export const TenantId = guid.pipe(z.string().brand<'TenantId'>());
export type TenantId = z.infer<typeof TenantId>;

/** A resource's full ARM ID. ARM IDs are case-insensitive: compare with {@link sameArmId}. */
export const ArmId = z
  .string()
  .max(1000)
  .regex(/^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/]+\/providers\/[^/]+\/[^/]+\/[^/]+(\/[^/]+\/[^/]+)*$/i)
  // It becomes part of a URL, so it must not lead to another resource.
  .refine((id) => !/\/\.{1,2}(\/|$)|[?#]/.test(id), 'must name one resource')
  .brand<'ArmId'>();
export type ArmId = z.infer<typeof ArmId>;

/** A key version: 32 hexadecimal digits. */
export const KeyVersion = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand<'KeyVersion'>();
export type KeyVersion = z.infer<typeof KeyVersion>;

/** A key's name in a vault: 1 to 127 letters, digits and hyphens. */
export const KeyName = z
  .string()
  .regex(/^[0-9A-Za-z-]{1,127}$/)
  .brand<'KeyName'>();
export type KeyName = z.infer<typeof KeyName>;

export const sameArmId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Returns whether a resource is at a scope or below it. The scope of the whole tenant is `/`. */
export const isAtOrBelow = (id: string, scope: string): boolean =>
  `${id}/`.toLowerCase().startsWith(`${scope.replace(/\/$/, '')}/`.toLowerCase());

export interface ArmIdParts {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** Parses an ARM ID. The name is that of the innermost resource. */
export function armIdParts(id: ArmId): ArmIdParts {
  const segments = id.split('/');
  return {
    subscriptionId: segments[2] ?? '',
    resourceGroup: segments[4] ?? '',
    name: segments.at(-1) ?? '',
  };
}

/** Returns provider and type in lower case, because Azure writes them in several ways: `microsoft.keyvault/vaults` */
export const armTypeOf = (id: string): string => id.split('/').slice(6, 8).join('/').toLowerCase();

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Encodes random bytes in Crockford base 32, one character per byte (five bits of each are used). */
const spell = (random: Uint8Array): string => Array.from(random, (byte) => crockford[byte & 31]).join('');

export const mintRequestId = (random: Uint8Array): RequestId => RequestId.parse(`CMK-${spell(random.subarray(0, 6))}`);

/** Of the SHA-256 of the resource's ARM id in lower case, in hexadecimal digits. */
export const driftIdOf = (hash: string): DriftId =>
  DriftId.parse(
    `DRIFT-${spell(Uint8Array.from(hash.slice(0, 20).match(/../g) ?? [], (two) => Number.parseInt(two, 16)))}`,
  );

export const mintFormId = (random: Uint8Array): FormId => FormId.parse(`F-${spell(random.subarray(0, 10))}`);
