import { unreadable } from '../http/incoming.ts';

const secretFields = ['client_secret', 'code', 'code_verifier', 'access_token', 'id_token', 'refresh_token'];

/** A body as it may be kept: what signs anybody in stays out. Null: there was none that could be read. */
export const withoutSecrets = (body: unknown): unknown => {
  if (body === undefined || body === unreadable) return null;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const hidden = secretFields.filter((field) => field in body);
  return { ...body, ...Object.fromEntries(hidden.map((field) => [field, 'REDACTED'])) };
};
