import { z } from 'zod';

/**
 * A served request. It is logged before the answer, so the log has everything that a client saw, even after SIGKILL. `status` is 0 if the connection was closed without an answer.
 */
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

const secretFields = ['client_secret', 'code', 'code_verifier', 'access_token', 'id_token', 'refresh_token'];

/** Returns a body without credentials for logs. Null if there was no readable body. */
export const withoutSecrets = (body: unknown): unknown => {
  if (body === undefined) return null;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const hidden = secretFields.filter((field) => field in body);
  return { ...body, ...Object.fromEntries(hidden.map((field) => [field, 'REDACTED'])) };
};
