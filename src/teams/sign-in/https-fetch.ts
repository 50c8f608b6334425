/**
 * The one way to the authority: `fetch` over node:https, because Node's own takes no certificate authority, and the custom
 * cloud has its own.
 */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { CustomFetch } from 'openid-client';

/** The authority did not answer in time, or not as one does. Then nothing can be checked, and nobody is let through. */
export class AuthorityUnreachable extends Error {
  override readonly name = 'AuthorityUnreachable';
}

/** Why asking came to nothing. An error of openid-client has the answer, or what kept it from coming, as its cause. */
export function unreachable(url: string, error: unknown): AuthorityUnreachable {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  if (cause instanceof AuthorityUnreachable) return cause;
  const why = cause instanceof Response ? `answered with ${cause.status}` : message;
  return new AuthorityUnreachable(`asking ${url.replace(/\?.*/, '')}: ${why}`, { cause: error });
}

/** How long whoever calls waits, to be given to openid-client. */
export const patienceS = 5;
const longestAnswer = 1_000_000;

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of response.setEncoding('utf8')) {
    text += part;
    if (text.length > longestAnswer) throw new Error('the answer is too long');
  }
  return text;
}

/** Follows no redirects: a key or a token comes from where it was asked for. Throws {@link AuthorityUnreachable} only. */
export const httpsFetch =
  (ca: string | null): CustomFetch =>
  async (url, { method, headers, body, signal }) => {
    // A form or nothing: no more is ever sent there.
    const form = body instanceof URLSearchParams ? body.toString() : undefined;
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const more = { ...(signal === undefined ? {} : { signal }), ...(ca === null ? {} : { ca }) };
        request(url, { method, headers, ...more })
          .on('response', resolve)
          .on('error', reject)
          .end(form);
      });
      const text = await textOf(response);
      // Of the headers the type alone: the words of an error are in the body, whatever challenge comes with them.
      const type = { 'content-type': response.headers['content-type'] ?? '' };
      return new Response(text === '' ? null : text, { status: response.statusCode ?? 0, headers: type });
    } catch (error) {
      throw unreachable(url, error);
    }
  };
