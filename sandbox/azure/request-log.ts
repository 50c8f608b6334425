/** The log of served requests, without secrets. */

import { z } from 'zod';
import { isObject } from '../http.ts';

/** A served request, logged before the answer. `status` is 0 if the connection was closed without one. */
export const RequestRecord = z.object({
  at: z.string(),
  method: z.string(),
  url: z.string(),
  status: z.number(),
  principalId: z.string().nullable(),
  clientRequestId: z.string().nullable(),
  body: z.unknown(),
  /** The permissions that the request used; empty in older logs. */
  actions: z.array(z.string()).readonly().default([]),
  dataActions: z.array(z.string()).readonly().default([]),
  graphPermissions: z.array(z.string()).readonly().default([]),
});
export type RequestRecord = z.infer<typeof RequestRecord>;

const secretFields = [
  'client_secret',
  'code',
  'code_verifier',
  'access_token',
  'id_token',
  'refresh_token',
  // Of a new password credential in Graph.
  'secretText',
];
/** The private part of an imported key, as a JSON Web Key (RFC 7518, section 6). */
const privateKeyFields = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'key_hsm'];

function redact(body: object, fields: readonly string[]): object {
  const hidden = fields.filter((field) => field in body);
  return { ...body, ...Object.fromEntries(hidden.map((field) => [field, 'REDACTED'])) };
}

/** Returns a body without credentials, private keys and secrets for logs. Null if there was no readable body. */
export const withoutSecrets = (body: unknown): unknown => {
  if (body === undefined) return null;
  if (!isObject(body)) return body;
  // A secret's value, or what a key encrypts or decrypts. Lists have an array there.
  const hasValue = 'value' in body && typeof body.value === 'string';
  return {
    ...redact(body, hasValue ? [...secretFields, 'value'] : secretFields),
    ...('key' in body && isObject(body.key) ? { key: redact(body.key, privateKeyFields) } : {}),
  };
};
