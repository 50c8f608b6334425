/** The log of served requests, and the recorder of exchanges for the conformance tests. */

import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isObject, readJson, type Sent } from '../http.ts';
import type { Incoming } from './incoming.ts';

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

/** A complete request and answer, to compare with the descriptions of the real services. */
export const Exchange = z.object({
  method: z.string(),
  url: z.string(),
  /** Only headers that describe the body or set conditions. */
  requestHeaders: z.record(z.string(), z.string()),
  requestBody: z.unknown(),
  status: z.number(),
  headers: z.record(z.string(), z.union([z.string(), z.number()])),
  body: z.unknown(),
  /** The caller, if a token was checked. */
  principalId: z.string().nullable().default(null),
  /** The source of the answer: the state, or a fault that a tester wrote. */
  from: z.enum(['state', 'fault']),
});
export type Exchange = z.infer<typeof Exchange>;

const recordedHeaderNames = ['content-type', 'if-match', 'if-none-match'];

const recordedHeaders = ({ headers }: Incoming): Record<string, string> =>
  Object.fromEntries(
    recordedHeaderNames.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );

const readBody = ({ headers, content }: Sent): unknown => {
  const text = String(content);
  const isText = text !== '' && !String(headers['content-type']).startsWith('application/json');
  return isText ? text : withoutSecrets(readJson(text));
};

/** Appends every exchange to a file of this process, one line each. Leaves out answers that were cut off. */
export class ExchangeRecorder {
  private readonly file: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, `${randomUUID()}.jsonl`);
  }

  append(incoming: Incoming, sent: Sent, principalId: string | null, from: Exchange['from']): void {
    const exchange: Exchange = {
      method: incoming.method,
      url: incoming.sentUrl,
      requestHeaders: recordedHeaders(incoming),
      requestBody: withoutSecrets(incoming.body),
      status: sent.status,
      headers: sent.headers,
      body: readBody(sent),
      principalId,
      from,
    };
    appendFileSync(this.file, `${JSON.stringify(exchange)}\n`, { mode: 0o600 });
  }
}
