import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { unreadable } from '../http/incoming.ts';

/** One request that was served. `status` is 0 when the connection was cut instead of an answer. */
const RequestRecord = z.object({
  at: z.string(),
  method: z.string(),
  url: z.string(),
  status: z.number(),
  principalId: z.string().nullable(),
  clientRequestId: z.string().nullable(),
  body: z.unknown(),
  /** What the caller was let through by; logs of before it was kept have none. */
  actions: z.array(z.string()).readonly().default([]),
  dataActions: z.array(z.string()).readonly().default([]),
  graphPermissions: z.array(z.string()).readonly().default([]),
});
type RequestRecord = z.infer<typeof RequestRecord>;

/** Appended before the answer is sent, so what a client was told is always in the log, also after a SIGKILL. */
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

/** A process killed in the middle of a line leaves half a line: nobody was answered, so it is left out. */
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

/** A body as it may be kept: what signs anybody in stays out. Null: there was none that could be read. */
export const withoutSecrets = (body: unknown): unknown => {
  if (body === undefined || body === unreadable) return null;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const hidden = secretFields.filter((field) => field in body);
  return { ...body, ...Object.fromEntries(hidden.map((field) => [field, 'REDACTED'])) };
};
