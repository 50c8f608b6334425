/** The recorder of whole exchanges, for the conformance tests. */

import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, type Sent } from '../http.ts';
import type { Incoming } from './incoming.ts';
import { withoutSecrets } from './request-log.ts';

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
