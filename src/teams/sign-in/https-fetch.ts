/** HTTPS calls to the authority, with the custom cloud's own certificate authority. */
import type { CustomFetch } from 'openid-client';
import { callServer } from '../../io/call-server.ts';

/** Thrown if the authority didn't answer in time or correctly. Then nothing can be verified, and no one is let in. */
export class AuthorityUnreachable extends Error {
  override readonly name = 'AuthorityUnreachable';
}

/** Wraps an error. An openid-client error has the answer, or what prevented it, as its cause. */
export function unreachable(url: string, error: unknown): AuthorityUnreachable {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  if (cause instanceof AuthorityUnreachable) return cause;
  const why = cause instanceof Response ? `answered with ${cause.status}` : message;
  return new AuthorityUnreachable(`asking ${url.replace(/\?.*/, '')}: ${why}`, { cause: error });
}

/** Timeout in seconds, for openid-client. */
export const timeoutS = 5;
const limits = { bytes: 1_000_000, ms: timeoutS * 1_000 };

/**
 * Doesn't follow redirects: keys and tokens must come from the requested address. Throws only {@link
 * AuthorityUnreachable}.
 */
export const httpsFetch =
  (ca: string | null): CustomFetch =>
  async (url, { method, headers, body, signal }) => {
    // Only a form or no body is ever sent.
    const form = body instanceof URLSearchParams ? body.toString() : undefined;
    try {
      if (!url.startsWith('https:')) throw new Error(`${new URL(url).protocol} is not https:`);
      // Passes on only the content type: the error is in the body, and other headers aren't needed.
      return await callServer(url, { method, headers, body: form, ca, signal, limits });
    } catch (error) {
      throw unreachable(url, error);
    }
  };
