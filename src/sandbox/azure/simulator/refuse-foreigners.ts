import type { Incoming } from '../http/incoming.ts';
import { type Reply, reply } from '../http/reply.ts';

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

const refused = (status: number, code: string, message: string): Reply => reply(status, { error: { code, message } });

/**
 * The doors need no token, change everything and show keys' private parts: no page of another site may open one, whatever name
 * it has made lead here (Host), from wherever it asks (Origin), and with whatever a form can send (type of the body).
 * Null: let in.
 */
export function refuseForeigners({ method, host, headers }: Incoming): Reply | null {
  if (!loopback.test(host)) return refused(403, 'ForeignHost', 'The doors answer on loopback names only.');
  if (headers.origin !== undefined || (headers['sec-fetch-site'] ?? 'none') !== 'none') {
    return refused(403, 'ForeignOrigin', 'The doors answer no web page.');
  }
  const carries = method === 'POST' || method === 'PUT';
  if (carries && !/^application\/json *(;|$)/i.test(headers['content-type'] ?? '')) {
    return refused(415, 'UnsupportedMediaType', 'Send application/json.');
  }
  return null;
}
