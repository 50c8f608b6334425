/** Checks a call before the SDK sees it, the cheapest checks first. */
import type { IncomingMessage } from 'node:http';
import { InboundActivity } from '../bot/activity.ts';
import { costOf } from '../bot/verbs.ts';
import { type Callers, type CallRefusal, refused } from './callers.ts';
import {
  admits,
  azureLimits,
  type Claim,
  conversationLimits,
  heavyLimits,
  openRateLimit,
  personLimits,
} from './rate-limit.ts';
import { readJson } from './read-json.ts';

export interface GateOptions {
  readonly callers: Callers;
  /** The burst of activities that one person can send. */
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
  const conversations = openRateLimit(conversationLimits(options.callsAtOnce), now);
  const azure = openRateLimit(azureLimits(options.callsAtOnce), now);
  const heavy = openRateLimit(heavyLimits(options.callsAtOnce), now);
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
      return refused(403, 'untrusted-service-url', 'The serviceUrl is not one that may be called.');
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
