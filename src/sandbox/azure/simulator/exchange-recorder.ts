import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Incoming } from '../http/incoming.ts';
import type { Sent } from '../http/reply.ts';
import { withoutSecrets } from './request-log.ts';

/** What was asked and what went back, whole, to be held against the descriptions of the real services. */
export const Exchange = z.object({
  method: z.string(),
  url: z.string(),
  /** Those that say what the body is or on what condition it counts. */
  requestHeaders: z.record(z.string(), z.string()),
  requestBody: z.unknown(),
  status: z.number(),
  headers: z.record(z.string(), z.union([z.string(), z.number()])),
  body: z.unknown(),
  /** Who asked, where a token said it and it was looked at. */
  principalId: z.string().nullable().default(null),
  /** What the answer was made from: the state, or the words of a fault, which are the tester's own. */
  from: z.enum(['state', 'fault']),
});
export type Exchange = z.infer<typeof Exchange>;

const keptHeaders = ['content-type', 'if-match', 'if-none-match'];

const kept = ({ headers }: Incoming): Record<string, string> =>
  Object.fromEntries(
    keptHeaders.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );

const readBody = ({ headers, text }: Sent): unknown => {
  if (text === '') return null;
  if (!String(headers['content-type']).startsWith('application/json')) return text;
  try {
    return withoutSecrets(JSON.parse(text));
  } catch {
    // A fault may break an answer off.
    return text;
  }
};

/** Writes every exchange into a file of its own process, a line each. An answer that was cut off is none. */
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
      requestHeaders: kept(incoming),
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
