/** Authenticates and checks a call before its body is read and the SDK sees it, the cheapest checks first. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { CallRefusalReason } from '../../domain/ports/telemetry.ts';
import { isLoopback } from '../../domain/strings.ts';
import { InboundActivity } from '../bot/activity.ts';
import { costOf } from '../bot/verbs.ts';
import type { CallerTokens } from '../sign-in/caller-tokens.ts';
import { type Trust, trustThisMachine } from '../trusted-addresses.ts';

/** Rate limits by token bucket, so that one person or conversation can't block the bot for others. */
interface RateLimits {
  readonly burst: number;
  readonly perSecond: number;
}

const personLimits = (most: number): RateLimits => ({ burst: most, perSecond: most / 10 });
/** Of a conversation, and of all heavy calls together. */
const sharedLimits = (most: number): RateLimits => personLimits(5 * most);
/**
 * Limit of a person's calls to Azure.
 * By default, the sustained rate is that of Azure's read quota, minus a fifth (Microsoft, "Understand how Azure
 * Resource Manager throttles requests": 250 at once, 25 a second for each identity and subscription).
 */
const azureLimits = (most: number): RateLimits => ({ ...personLimits(most), burst: 5 * most });

/** Above this, the least recently used key is dropped. That can only allow more, never less. */
const mostKeys = 10_000;

type Claim = readonly [limit: ReturnType<typeof openRateLimit>, key: string, cost: number];

/** Takes each cost if all limits allow it, otherwise none: a refused call costs nothing. */
export function admits(claims: readonly Claim[]): boolean {
  const admitted = claims.every(([limit, key, cost]) => limit.has(key, cost));
  if (admitted) for (const [limit, key, cost] of claims) limit.take(key, cost);
  return admitted;
}

/** `now` in milliseconds, of a monotonic clock. */
export function openRateLimit({ burst, perSecond }: RateLimits, now: () => number) {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  const leftOf = (key: string, at: number): number => {
    const bucket = buckets.get(key);
    return bucket === undefined ? burst : Math.min(burst, bucket.left + ((at - bucket.at) / 1_000) * perSecond);
  };
  return {
    /** False: over the limit. Takes nothing. */
    has: (key: string, cost: number) => leftOf(key, now()) >= cost,
    take(key: string, cost: number) {
      const at = now();
      const left = leftOf(key, at) - cost;
      buckets.delete(key);
      buckets.set(key, { left, at });
      const [oldest] = buckets.keys();
      if (buckets.size > mostKeys && oldest !== undefined) buckets.delete(oldest);
    },
  };
}

/** Far above normal use by monitoring. For each probe. */
export const probeLimits: RateLimits = { burst: 100, perSecond: 20 };
/** Indexed reads of links, for each group of pages. Anyone can send invented names, so it's far above normal use. */
export const linkReadLimits: RateLimits = { burst: 1_000, perSecond: 200 };
export const linkLimits: RateLimits = { burst: 20, perSecond: 2 };

export type PageLimit = ReturnType<typeof openPageLimit>;

export function openPageLimit(now: () => number) {
  const reads = openRateLimit(linkReadLimits, now);
  const links = openRateLimit(linkLimits, now);
  return {
    /**
     * Returns whether the database is asked for a link. Sign-in pages have their own limit, so that floods of other pages
     * don't keep approvers out.
     */
    mayRead: (path: string) => admits([[reads, path.split('/')[1] ?? '', 1]]),
    /** Returns whether the page of a stored link is served. A flood of invented links or of another link doesn't count. */
    mayShow: (name: string) => admits([[links, name, 1]]),
  };
}

/**
 * Limits the rate of a probe.
 * Calls above the limit, or during a running one, get the last answer: a refused probe would take a healthy replica out
 * of service.
 */
export function shareAnswers<T>(ask: () => Promise<T>, now: () => number): () => Promise<T> {
  const limit = openRateLimit(probeLimits, now);
  let last: Promise<T> | null = null;
  let isRunning = false;
  return () => {
    const isDue = !isRunning && admits([[limit, 'probe', 1]]);
    if (last !== null && !isDue) return last;
    isRunning = true;
    last = ask().finally(() => {
      isRunning = false;
    });
    return last;
  };
}

export interface GateOptions {
  readonly callers: Callers;
  readonly callsAtOnce: number;
}

type Accepted = { readonly kind: 'accepted'; readonly activity: InboundActivity };

/** Refuses compressed bodies, because decompression has no limit. */
function notPlainJson({ headers }: IncomingMessage): CallRefusal | null {
  const { 'content-type': type = '', 'content-encoding': packed } = headers;
  if (/^application\/json *(;|$)/i.test(type) && packed === undefined) return null;
  return refused(415, 'not-plain-json', 'Send application/json that is not packed.');
}

export function openGate(options: GateOptions): (request: IncomingMessage) => Promise<Accepted | CallRefusal> {
  const now = () => performance.now();
  const people = openRateLimit(personLimits(options.callsAtOnce), now);
  const conversations = openRateLimit(sharedLimits(options.callsAtOnce), now);
  const azure = openRateLimit(azureLimits(options.callsAtOnce), now);
  const heavy = openRateLimit(sharedLimits(options.callsAtOnce), now);
  return async (request) => {
    const unreadable = notPlainJson(request);
    if (unreadable !== null) return unreadable;
    const caller = await options.callers(request.headers);
    if (caller.kind === 'refused') return caller;
    const body = await readJson(request);
    if (body.kind === 'refused') return body;
    const read = InboundActivity.safeParse(body.value);
    if (!read.success) {
      const [issue] = read.error.issues;
      const where = issue?.path.join('.') || 'body';
      return refused(400, 'malformed', `The activity is malformed: ${where}: ${issue?.message}.`);
    }
    const { from, conversation, serviceUrl } = read.data;
    if (!caller.mayCarry(serviceUrl)) {
      return refused(403, 'untrusted-service-url', 'The serviceUrl isn’t an address that the bot can call.');
    }
    const { clicks, azureCalls } = costOf(read.data);
    const claims: readonly Claim[] = [
      [people, from.id, clicks],
      [conversations, conversation.id, clicks],
      [azure, from.id, azureCalls],
      [heavy, 'everybody', clicks > 1 ? clicks : 0],
    ];
    if (!admits(claims)) {
      return refused(429, 'flood', 'Too much at once. Wait a moment.');
    }
    return { kind: 'accepted', activity: read.data };
  };
}

/** Teams limits messages to 100 KB; card clicks with inputs are far smaller. */
const longestBody = 256 * 1024;
/** Far more than any activity, and far less than what breaks recursive code. */
const deepest = 64;

type ReadBody = { readonly kind: 'read'; readonly value: unknown } | CallRefusal;

/**
 * Reads a JSON body with or without a content length.
 * Discards one that is too long, so that the sender gets the answer. The server's timeout ends endless bodies.
 */
async function readJson(request: IncomingMessage): Promise<ReadBody> {
  const tooLong = refused(413, 'too-long', `The body is longer than ${longestBody} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > longestBody) return tooLong;
  const bytes = await readBytes(request);
  if (bytes === 'too-long') return tooLong;
  if (bytes === 'cut') return refused(408, 'cut', 'The body ended early.');
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isDeeper(value, deepest)
      ? refused(400, 'too-deep', `The body is nested deeper than ${deepest} levels.`)
      : { kind: 'read', value };
  } catch {
    return refused(400, 'no-json', 'The body is not JSON.');
  }
}

function readBytes(request: IncomingMessage): Promise<Buffer | 'too-long' | 'cut'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (result: Buffer | 'too-long' | 'cut'): void => {
      request.off('data', take);
      chunks.length = 0;
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= longestBody) return;
      settle('too-long');
      request.resume();
    };
    request.on('data', take);
    request.once('end', () => settle(Buffer.concat(chunks)));
    request.once('close', () => settle('cut'));
    request.once('error', () => settle('cut'));
  });
}

/** Iterative, because recursion is what this check protects. */
function isDeeper(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; depth <= levels; depth += 1) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}

/** Why a call is refused, in the shape of the answer. */
export interface CallRefusal {
  readonly kind: 'refused';
  readonly status: 400 | 401 | 403 | 408 | 413 | 415 | 429 | 503;
  /** For the application log and metrics: the cause, never the content. */
  readonly reason: CallRefusalReason;
  readonly message: string;
}

interface Admitted {
  readonly kind: 'admitted';
  readonly mayCarry: Trust;
}

const refused = (status: CallRefusal['status'], reason: CallRefusalReason, message: string): CallRefusal => ({
  kind: 'refused',
  status,
  reason,
  message,
});

type Callers = (headers: IncomingHttpHeaders) => Promise<Admitted | CallRefusal>;

export const isForwarded = (headers: IncomingHttpHeaders): boolean =>
  Object.keys(headers).some((name) => name === 'forwarded' || name.startsWith('x-forwarded-'));

/**
 * Without tokens, accepts only programs on this machine.
 * Refuses pages of other sites, host names that resolve to loopback, and calls from behind a proxy or tunnel.
 */
export const localCallers: Callers = async (headers) => {
  if (!isLoopback((headers.host ?? '').replace(/:\d+$/, ''))) {
    return refused(403, 'foreign-host', 'In local mode the Host must be a loopback address.');
  }
  const { origin } = headers;
  if (origin !== undefined && !(URL.canParse(origin) && isLoopback(new URL(origin).hostname))) {
    return refused(403, 'foreign-origin', 'In local mode a foreign Origin is not taken.');
  }
  if (isForwarded(headers)) {
    return refused(403, 'forwarded', 'In local mode nothing is taken that a proxy passed on.');
  }
  return { kind: 'admitted', mayCarry: trustThisMachine };
};

/** With tokens: accepts only Bot Framework, and only a trusted service URL that its token names. */
export const tokenCallers =
  (tokens: CallerTokens, trust: Trust): Callers =>
  async ({ authorization }) => {
    const token = await tokens.check(authorization);
    switch (token.kind) {
      case 'valid':
        return { kind: 'admitted', mayCarry: (url) => url === token.serviceUrl && trust(url) };
      case 'invalid':
        return refused(401, token.reason, 'The call carries no token of Bot Framework for this bot.');
      case 'unreadable-keys':
        return refused(503, 'unreadable-keys', 'The keys of Bot Framework cannot be read at the moment.');
    }
  };
