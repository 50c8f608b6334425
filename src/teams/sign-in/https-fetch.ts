/** The one way to the authority. The custom cloud has a certificate authority of its own. */
import type { CustomFetch } from 'openid-client';
import { callServer } from '../../io/call-server.ts';

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
const limits = { bytes: 1_000_000, ms: patienceS * 1_000 };

/** Follows no redirects: a key or a token comes from where it was asked for. Throws {@link AuthorityUnreachable} only. */
export const httpsFetch =
  (ca: string | null): CustomFetch =>
  async (url, { method, headers, body, signal }) => {
    // A form or nothing: no more is ever sent there.
    const form = body instanceof URLSearchParams ? body.toString() : undefined;
    try {
      if (!url.startsWith('https:')) throw new Error(`${new URL(url).protocol} is not https:`);
      // Of the headers the type alone: the words of an error are in the body, whatever challenge comes with them.
      return await callServer(url, { method, headers, body: form, ca, signal, limits });
    } catch (error) {
      throw unreachable(url, error);
    }
  };
