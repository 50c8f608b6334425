import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { unreadable } from '../http/incoming.ts';

/** A served request. `status` is 0 if the connection was closed without an answer. */
const RequestRecord = z.object({
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

/**
 * The log of served requests. It is written before the answer, so it has everything that a client saw, even after
 * SIGKILL.
 */
export class RequestLog {
  private readonly file: string;
  private readonly records: RequestRecord[];

  constructor(file: string) {
    this.file = file;
    this.records = existsSync(file) ? readRecords(readFileSync(file, 'utf8')) : [];
    if (this.records.length > 0) appendFileSync(file, '\n');
  }

  append(record: RequestRecord): void {
    this.records.push(record);
    appendFileSync(this.file, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  }

  all(): readonly RequestRecord[] {
    return this.records;
  }
}

/** Skips a partial line of a killed process: that request was not answered. */
const readRecords = (text: string): RequestRecord[] =>
  text.split('\n').flatMap((line) => {
    try {
      const parsed = RequestRecord.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });

const secretFields = ['client_secret', 'code', 'code_verifier', 'access_token', 'id_token', 'refresh_token'];

/** Returns a body without credentials for logs. Null if there was no readable body. */
export const withoutSecrets = (body: unknown): unknown => {
  if (body === undefined || body === unreadable) return null;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const hidden = secretFields.filter((field) => field in body);
  return { ...body, ...Object.fromEntries(hidden.map((field) => [field, 'REDACTED'])) };
};
