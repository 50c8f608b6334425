/**
 * Time limit of each call to Teams, and the HTTP client that ends a call whose `Retry-After` exceeds the limit. Otherwise the
 * SDK waits until the limit aborts it, and the caller never learns for how long Teams refuses calls. The HTTP client is the
 * SDK's only public place that sees the answer to each attempt.
 */
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { ConnectorClientOptions } from 'botframework-connector';
import { z } from 'zod';
import { Throttled } from '../../domain/retry.ts';
import { percentDecoded } from '../../domain/strings.ts';

type HttpClient = NonNullable<ConnectorClientOptions['httpClient']>;
type Sent = Parameters<HttpClient['sendRequest']>[0];

const deadlines = new WeakMap<object, number>();

/** Ends a call after this time with an `AbortError`, whatever it waits for: a token, an answer, or the SDK's next attempt. */
export async function withinLimit<T>(limitMs: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  deadlines.set(late.signal, performance.now() + limitMs);
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new DOMException(`Teams didn’t answer within ${limitMs} ms`, 'AbortError');
      late.abort(error);
      reject(error);
    }, limitMs);
  });
  try {
    return await Promise.race([call(late.signal), ended]);
  } finally {
    clearTimeout(timer);
  }
}

function retryAfterMs({ status, headers }: PipelineResponse): number | null {
  if (status !== 429 && status !== 503) return null;
  const said = headers.get('retry-after') ?? '';
  const waitMs = /^\d+$/.test(said) ? Number(said) * 1_000 : Date.parse(said) - Date.now();
  return Number.isFinite(waitMs) ? waitMs : null;
}

/** Longest time for which a conversation isn't called, whatever Teams says. */
const longestRefusalMs = 600_000;

const Creation = z.object({ channelData: z.object({ channel: z.object({ id: z.string() }) }) });

/** Returns the conversation that a call is about: the one in its address, or the channel in which it starts one. Null: neither. */
function conversationIn({ url, body }: Pick<Sent, 'url' | 'body'>): string | null {
  const [, id] = /\/v3\/conversations\/([^/?]+)/.exec(url) ?? [];
  // The SDK percent-encodes it in the address, and not in the body.
  if (id !== undefined) return percentDecoded(id);
  if (!url.includes('/v3/conversations') || typeof body !== 'string') return null;
  return Creation.safeParse(JSON.parse(body)).data?.channelData.channel.id ?? null;
}

let none: Sent['headers'] | null = null;

/** Returns headers of the SDK's older kind, which has no public constructor. Clearing a copy for each call would be slow. */
function headersOf(sent: Sent, { headers }: PipelineResponse): Sent['headers'] {
  if (none === null) {
    none = sent.headers.clone();
    for (const name of none.headerNames()) none.remove(name);
  }
  const made = none.clone();
  for (const [name, value] of headers) made.set(name, value);
  return made;
}

const inner = createDefaultHttpClient();

/**
 * Returns a client that throws {@link Throttled} where the server takes calls again only after the call's time limit, and for calls
 * of the same conversation until then. So other conversations can be called meanwhile, and failed work can be repeated as a whole.
 */
export function openHttpClient(): HttpClient {
  const refusedUntil = new Map<string | null, number>();
  return {
    async sendRequest(sent) {
      const { url, method, body, timeout, requestId, abortSignal, agent } = sent;
      const conversation = conversationIn(sent);
      const refusedMs = (refusedUntil.get(conversation) ?? 0) - performance.now();
      if (refusedMs > 0) throw new Throttled(Math.ceil(refusedMs));
      const headers = createHttpHeaders(sent.headers.toJson({ preserveCase: true }));
      const request = createPipelineRequest({
        url,
        method,
        headers,
        body,
        timeout,
        requestId,
        allowInsecureConnection: url.startsWith('http:'),
        ...(abortSignal && { abortSignal }),
        // Of a proxy.
        ...(agent && { agent }),
      });
      const response = await inner.sendRequest(request);
      const deadline = deadlines.get(abortSignal ?? {});
      const waitMs = retryAfterMs(response);
      const now = performance.now();
      if (deadline !== undefined && waitMs !== null && now + waitMs > deadline) {
        for (const [one, until] of refusedUntil) if (until <= now) refusedUntil.delete(one);
        if (conversation !== null) refusedUntil.set(conversation, now + Math.min(waitMs, longestRefusalMs));
        throw new Throttled(waitMs);
      }
      return { ...response, request: sent, headers: headersOf(sent, response) };
    },
  };
}
