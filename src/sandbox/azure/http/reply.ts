import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** An answer to a client. A string or undefined body is sent unchanged, anything else as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export const reply = (status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers,
  body,
});

/** An error answer, thrown where the error is detected. */
export class Refusal extends Error {
  readonly reply: Reply;

  constructor(refused: Reply) {
    super(JSON.stringify(refused.body));
    this.reply = refused;
  }
}

/** Azure Resource Manager's error envelope. */
export const armError = (code: string, message: string, more: Readonly<Record<string, unknown>> = {}) => ({
  error: { code, message, ...more },
});

export const armRefusal = (
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Refusal => new Refusal(reply(status, armError(code, message, more), headers));

/** An answer as sent on the wire. */
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
