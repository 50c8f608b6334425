import { z } from 'zod';
import { addressIn, type Incoming, parseBody } from '../http/incoming.ts';
import { Refusal, type Reply, reply } from '../http/reply.ts';
import type { Call, Route } from '../http/router.ts';

/**
 * Several requests in one, as Microsoft Graph documents JSON batching ("Combine multiple HTTP requests using JSON batching"): at
 * most twenty, each with an address below the version and an id of its own, case aside; a body comes with its type. What cannot
 * be read is refused whole with 400; else the whole is 200, and each part has its own status, headers and body, in whatever
 * order: here from the last to the first, so that nobody counts on theirs. A part that a fault leaves unanswered is told as
 * Graph tells of a service behind it that is silent (504 `UnknownError` without a message, microsoft-graph-docs issue 133).
 */

const most = 20;

const Part = z.object({
  id: z.string().min(1),
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.unknown().optional(),
  dependsOn: z.array(z.string()).optional(),
});
type Part = z.infer<typeof Part>;

const Batch = z.object({ requests: z.array(Part).min(1) });

const lower = (headers: Part['headers']): Part['headers'] =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** The words are this program's own. */
const refused = (message: string): Refusal => new Refusal(reply(400, { error: { code: 'BadRequest', message } }));

const pathOf = ({ url }: Part): string => `/v1.0/${url.replace(/^\/+/, '')}`;

const check = (parts: readonly Part[]): void => {
  if (parts.length > most) throw refused(`A batch has at most ${most} requests.`);
  const ids = new Set<string>();
  for (const { id, headers, body, dependsOn, ...part } of parts) {
    if (ids.has(id.toLowerCase())) throw refused(`Request Id ${id} has to be unique in a batch.`);
    ids.add(id.toLowerCase());
    if (body !== undefined && !('content-type' in lower(headers))) throw refused(`Request ${id} has no Content-Type.`);
    if (dependsOn !== undefined) throw refused('The local Azure does not simulate dependsOn.');
    if (/^\/*\$batch\b/.test(part.url)) throw refused('A batch holds no batch.');
  }
};

const incomingOf = (whole: Incoming, part: Part): Incoming => {
  const { authorization } = whole.headers;
  return {
    ...whole,
    ...addressIn(whole.host, pathOf(part)),
    method: part.method.toUpperCase(),
    headers: { host: whole.host, ...(authorization === undefined ? {} : { authorization }), ...lower(part.headers) },
    body: part.body,
    inBatch: String(whole.headers['x-ms-client-request-id'] ?? ''),
  };
};

const silent = reply(504, { error: { code: 'UnknownError', message: '' } });

const serveBatch = async (call: Call): Promise<Reply> => {
  const { requests } = parseBody(Batch, call.incoming.body, 'BadRequest');
  check(requests);
  const served = await Promise.all(
    requests.map(async (part) => {
      const { status, headers, body } = (await call.serve(incomingOf(call.incoming, part))) ?? silent;
      return { id: part.id, status, headers: { 'Content-Type': 'application/json', ...headers }, body };
    }),
  );
  return reply(200, { responses: served.reverse() });
};

export const graphBatchRoutes: readonly Route[] = [
  { method: 'POST', pattern: '/v1.0/$batch', audience: 'graph', versions: [], action: null, handle: serveBatch },
];
