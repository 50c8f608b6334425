import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';

/** An answer as it goes over the wire. */
export interface Sent {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly text: string;
}

export const toSend = ({ status, body, headers }: Reply): Sent => {
  const isText = typeof body === 'string';
  const empty = body === undefined || status === 204 || status === 304;
  const text = empty ? '' : isText ? body : JSON.stringify(body);
  return {
    status,
    headers: {
      ...(empty ? {} : { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8' }),
      'cache-control': 'no-cache',
      'x-ms-request-id': randomUUID(),
      'x-ms-correlation-request-id': randomUUID(),
      ...headers,
      'content-length': Buffer.byteLength(text),
    },
    text,
  };
};

export const send = (response: ServerResponse, { status, headers, text }: Sent): void => {
  response.writeHead(status, headers);
  response.end(text);
};
