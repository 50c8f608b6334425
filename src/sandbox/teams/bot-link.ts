import { callServer } from '../loopback.ts';
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

export const botLink = (botUrl: string): BotLink => ({
  deliver: (activity, timeoutMs) => call(new URL(botUrl), 'POST', JSON.stringify(activity), timeoutMs),
  reachable: async () => (await call(new URL('/healthz', botUrl), 'GET', '', 2_000)).kind === 'answered',
});

async function call(url: URL, method: string, body: string, timeoutMs: number): Promise<BotReply> {
  try {
    const { status, text } = await callServer(url, { method, body, timeoutMs });
    return { kind: 'answered', status, body: readJson(text) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'AbortError' || error.name === 'TimeoutError') return { kind: 'late' };
    return { kind: 'code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'cut' };
  }
}

function readJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
