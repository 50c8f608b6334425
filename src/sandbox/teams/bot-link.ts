import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { JsonObject } from './model.ts';

/** `refused`: the bot isn't listening, so nothing was delivered. `cut`: the bot might have received it. */
export type BotReply =
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'refused' | 'cut' | 'late' };

export interface BotLink {
  /** Posts one activity to the bot and waits at most `timeoutMs` for its answer. */
  deliver(activity: JsonObject, timeoutMs: number): Promise<BotReply>;
  /** Returns true if `/healthz` of the bot answers at all. */
  reachable(): Promise<boolean>;
}

export function botLink(botUrl: string): BotLink {
  const health = new URL('/healthz', botUrl);
  return {
    deliver: (activity, timeoutMs) => call(new URL(botUrl), 'POST', JSON.stringify(activity), timeoutMs),
    reachable: async () => (await call(health, 'GET', '', 2_000)).kind === 'answered',
  };
}

/** Uses a new connection for each call, so that a restarted bot never meets a connection of its previous process. */
function call(url: URL, method: string, body: string, timeoutMs: number): Promise<BotReply> {
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const sent = start(url, { method, agent: false, headers: { 'content-type': 'application/json' } });
    const timer = setTimeout(() => {
      resolve({ kind: 'late' });
      sent.destroy();
    }, timeoutMs);
    const settle = (reply: BotReply) => {
      clearTimeout(timer);
      resolve(reply);
    };
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => settle({ kind: 'cut' }));
      response.on('end', () =>
        settle({ kind: 'answered', status: response.statusCode ?? 500, body: readJson(Buffer.concat(chunks)) }),
      );
    });
    sent.on('error', (error) => settle({ kind: 'code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'cut' }));
    sent.end(body);
  });
}

function readJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return bytes.toString('utf8');
  }
}
