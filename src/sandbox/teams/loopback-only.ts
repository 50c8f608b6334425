import type { IncomingMessage } from 'node:http';
import { HttpProblem } from './http.ts';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Keeps web pages from elsewhere out. Local Teams believes whoever calls it, so a browser tab with another site must not be able to
 * talk to it: not by a forged form (JSON only), not by a name that resolves to loopback (Host), not across sites (Origin).
 */
export function refuseForeigners(message: IncomingMessage): void {
  const host = message.headers.host ?? '';
  if (!loopbackNames.has(host.replace(/:\d+$/, '').toLowerCase()))
    throw new HttpProblem(403, 'ForeignHost', 'local Teams answers on loopback names only');
  const origin = message.headers.origin;
  if (origin !== undefined && origin !== `http://${host}`)
    throw new HttpProblem(403, 'ForeignOrigin', 'local Teams answers its own page only');
  if (message.headers['sec-fetch-site'] === 'cross-site' && message.headers['sec-fetch-mode'] !== 'navigate')
    throw new HttpProblem(403, 'ForeignOrigin', 'local Teams answers its own page only');
  const hasBody = message.method === 'POST' || message.method === 'PUT';
  if (hasBody && !/^application\/json\b/i.test(message.headers['content-type'] ?? ''))
    throw new HttpProblem(415, 'UnsupportedMediaType', 'content-type: application/json is wanted');
}
