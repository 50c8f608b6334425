/**
 * Branded identifiers. A value of one of these types has passed its schema once, at the edge where it came in.
 */
import { z } from 'zod';

/** A request's name for people: `CMK-` and six characters of Crockford's base 32 (no I, L, O, U). */
export const RequestId = z
  .string()
  .regex(/^CMK-[0-9A-HJKMNP-TV-Z]{6}$/)
  .brand<'RequestId'>();
export type RequestId = z.infer<typeof RequestId>;

/** A form's name, minted when the form opens. */
export const FormId = z
  .string()
  .regex(/^F-[0-9A-HJKMNP-TV-Z]{10}$/)
  .brand<'FormId'>();
export type FormId = z.infer<typeof FormId>;

const guid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i)
  .transform((text) => text.toLowerCase());

/** A person's Entra object id, lower case. */
export const PersonId = guid.pipe(z.string().brand<'PersonId'>());
export type PersonId = z.infer<typeof PersonId>;

/** An Entra tenant id, lower case. */
export const TenantId = guid.pipe(z.string().brand<'TenantId'>());
export type TenantId = z.infer<typeof TenantId>;

/** A resource's full ARM id. Azure compares these without regard to case: compare with {@link sameArmId}. */
export const ArmId = z
  .string()
  .max(1000)
  .regex(/^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/]+\/providers\/[^/]+\/[^/]+\/[^/]+(\/[^/]+\/[^/]+)*$/i)
  // It becomes part of a URL: nothing in it may lead to another resource than the one it names.
  .refine((id) => !/\/\.{1,2}(\/|$)|[?#]/.test(id), 'must name one resource')
  .brand<'ArmId'>();
export type ArmId = z.infer<typeof ArmId>;

/** One version of a key in a vault: 32 hexadecimal digits. */
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

/** Whether two ARM ids name the same resource. */
export const sameArmId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The parts of an ARM id that people speak of. */
export interface ArmIdParts {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** Takes an ARM id apart; the name is that of the innermost resource. */
export function armIdParts(id: ArmId): ArmIdParts {
  const segments = id.split('/');
  return {
    subscriptionId: segments[2] ?? '',
    resourceGroup: segments[4] ?? '',
    name: segments.at(-1) ?? '',
  };
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Turns random bytes into Crockford base 32, one character a byte (five bits of each are used). */
const spell = (random: Uint8Array): string => Array.from(random, (byte) => crockford[byte & 31]).join('');

/** Mints a request id from six random bytes. */
export const mintRequestId = (random: Uint8Array): RequestId => RequestId.parse(`CMK-${spell(random.subarray(0, 6))}`);

/** Mints a form id from ten random bytes. */
export const mintFormId = (random: Uint8Array): FormId => FormId.parse(`F-${spell(random.subarray(0, 10))}`);
