/** One HTTPS call to the authority. Node's own `fetch` takes no certificate authority, and the custom cloud has its own. */
import { request } from 'node:https';

/** The authority did not answer in time, or not as one does. Then nothing can be checked, and nobody is let through. */
export class AuthorityUnreachable extends Error {
  override readonly name = 'AuthorityUnreachable';
}

export interface HttpsAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpsCall {
  readonly url: string;
  /** Sent as a form by POST; a GET without. */
  readonly form?: Readonly<Record<string, string>>;
}

const patienceMs = 5_000;
const longestAnswer = 1_000_000;

/** Follows no redirects: a key or a token comes from where it was asked for. Throws {@link AuthorityUnreachable}. */
export function httpsCall(ca: string | null, { url, form }: HttpsCall): Promise<HttpsAnswer> {
  const unreachable = (why: string) => new AuthorityUnreachable(`asking ${url.replace(/\?.*/, '')}: ${why}`);
  if (!url.startsWith('https:')) return Promise.reject(unreachable('only https is asked'));
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  const type = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', ...type },
      signal: AbortSignal.timeout(patienceMs),
      ...(ca === null ? {} : { ca }),
    });
    sent.on('error', (error) => reject(unreachable(error.message)));
    sent.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > longestAnswer) sent.destroy(new Error('the answer is too long'));
      });
      response.on('error', (error) => reject(unreachable(error.message)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.end(body);
  });
}
