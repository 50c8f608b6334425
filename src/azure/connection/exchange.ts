/**
 * Records the HTTP traffic of one port call. The SDK's errors lose details: a failed long-running operation is a plain `Error`
 * without a code, and some clients drop the inner parts of an error body. So each answer is stored as received.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import {
  isRestError,
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
  type RestError,
  type SendRequest,
} from '@azure/core-rest-pipeline';
import { z } from 'zod';
import type { ChangeFate, Receipt } from '../../domain/failure.ts';
import type { AttemptCalls } from '../../domain/ports/azure.ts';
import type { Limits } from './limits.ts';

const attempts = new AsyncLocalStorage<AttemptCalls>();

export const withinAttempt = <T>(attempt: AttemptCalls, work: () => Promise<T>): Promise<T> =>
  attempts.run(attempt, work);

/** Undefined outside of an attempt. */
export const attemptCalls = (): AttemptCalls | undefined => attempts.getStore();

export interface HttpAnswer {
  readonly method: string;
  readonly change: boolean;
  readonly status: number;
  readonly body: string;
  readonly header: (name: string) => string | null;
}

/**
 * Ends the call at once: the answer is refused, unreadable, or asks for a longer wait than a call has. The message completes
 * "Azure's answer couldn't be read: …".
 */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
}

/**
 * A change without an answer, which might have been applied. The transport must not repeat it: the caller reads first. Not the
 * SDK's error class, because its retry policy would repeat the request.
 */
class ChangeUnanswered extends Error {
  override readonly name = 'ChangeUnanswered';
  readonly code: string;
  constructor(error: RestError) {
    super(error.message);
    this.code = error.code ?? 'REQUEST_SEND_ERROR';
  }
}

/** Every POST that only reads or signs. Any other POST counts as a change. */
const readingPost = /\/(resources|query|wrapkey|unwrapkey|sign|acquirePolicyToken|checkMemberGroups)\/?$/i;

export const isChange = ({ method, url }: Pick<PipelineRequest, 'method' | 'url'>): boolean =>
  method === 'POST' ? !readingPost.test(new URL(url).pathname) : method !== 'GET' && method !== 'HEAD';

/**
 * Returns whether a change with this status might have been applied, although the SDK would repeat it. Throttling means that it
 * wasn't.
 */
const mightBeApplied = (status: number): boolean => status === 408 || (status >= 500 && ![501, 505].includes(status));

function outcomeOf(status: number): ChangeFate {
  if (status < 300) return 'accepted';
  // A redirect didn't apply the change.
  if (status < 400) return 'refused';
  return mightBeApplied(status) ? 'unknown' : 'refused';
}

/**
 * Returns the milliseconds until Azure Resource Graph accepts queries again, from `hh:mm:ss` (Microsoft, "Guidance for
 * throttled requests in Azure Resource Graph").
 */
function quotaResetOf(answer: Pick<HttpAnswer, 'header'>): number | null {
  const [, hours, minutes, seconds] =
    /^(\d{1,2}):(\d{2}):(\d{2})/.exec(answer.header('x-ms-user-quota-resets-after') ?? '') ?? [];
  if (hours === undefined) return null;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

/**
 * Returns the requested wait in milliseconds: `retry-after-ms`, `x-ms-retry-after-ms`, `Retry-After` in seconds or as a date,
 * or the quota reset of a throttled query. A date is compared with the answer's own `Date` if present: this machine's clock can
 * be wrong.
 */
export function retryAfterOf(answer: Pick<HttpAnswer, 'header' | 'status'>, now: Date): number | null {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const ms = Number.parseInt(answer.header(name) ?? '', 10);
    if (Number.isFinite(ms)) return Math.max(0, ms);
  }
  const text = answer.header('retry-after') ?? '';
  if (/^\d+$/.test(text)) return Number.parseInt(text, 10) * 1000;
  if (text === '' && answer.status === 429) return quotaResetOf(answer);
  const at = Date.parse(text);
  const serverTime = Date.parse(answer.header('date') ?? '');
  return Number.isFinite(at) ? Math.max(0, at - (Number.isFinite(serverTime) ? serverTime : now.getTime())) : null;
}

/** Returns Azure's id of the call: ARM's, else the common one, else Graph's. */
export const correlationIdOf = ({ header }: Pick<HttpAnswer, 'header'>): string | null =>
  ['x-ms-correlation-request-id', 'x-ms-request-id', 'request-id'].map(header).find((id) => id) ?? null;

function answerOf(response: PipelineResponse): HttpAnswer {
  return {
    method: response.request.method,
    change: isChange(response.request),
    status: response.status,
    body: response.bodyAsText ?? '',
    header: (name) => response.headers.get(name) ?? null,
  };
}

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Matches an error in a successful answer. A failed operation also has a status, and is a valid answer. */
const GoodError = z.object({ error: z.object({ code: z.string() }), status: z.undefined().optional() });
const reportsError = (body: string): boolean => GoodError.safeParse(jsonIn(body)).success;

const exchanges = new AsyncLocalStorage<Exchange>();

export function currentExchange(): Exchange {
  const exchange = exchanges.getStore();
  if (exchange === undefined) throw new Error('calling Azure: outside a port’s call');
  return exchange;
}

/** Rejects when the signal aborts. Calls share a sign-in, which none of them can end for the others. */
const abortable = <T>(pending: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

/** After the deadline, nothing is sent any more. */
export const enforceDeadline: PipelinePolicy = {
  name: 'cmkDeadline',
  sendRequest(request, next) {
    request.abortSignal = currentExchange().signal;
    return next(request);
  },
};

/** Last policy before the network, once per attempt. */
export const recordExchange: PipelinePolicy = {
  name: 'cmkRecorder',
  sendRequest: (request, next) => currentExchange().send(request, next),
};

/** Records one port call. All its requests, polls and retries carry the same client request id: that of the attempt, if any. */
export class Exchange {
  readonly clientRequestId = attemptCalls()?.clientRequestId ?? randomUUID();
  /** Aborts the call at its deadline, also between requests. */
  readonly signal: AbortSignal;
  last: HttpAnswer | null = null;
  /** Latest answer to a request other than GET. Azure's logs identify the change by it. */
  write: HttpAnswer | null = null;
  change: ChangeFate = 'none';
  sent = false;
  private throttled = 0;
  private readonly limits: Limits;
  private readonly clock: () => Date;
  private readonly timer: NodeJS.Timeout;
  private readonly controller: AbortController;
  tooLong = false;

  constructor(limits: Limits, clock: () => Date, totalMs: number) {
    this.limits = limits;
    this.clock = clock;
    this.controller = new AbortController();
    this.signal = this.controller.signal;
    // Not `AbortSignal.timeout`: it outlives the call, and thousands of them slow down garbage collection.
    this.timer = setTimeout(
      () => this.controller.abort(new DOMException('no answer in time', 'TimeoutError')),
      totalMs,
    );
    this.timer.unref();
  }

  /** Runs the call until its deadline, which also covers sign-in and pauses between retries. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return abortable(exchanges.run(this, work), this.signal).finally(() => clearTimeout(this.timer));
  }

  async send(request: PipelineRequest, next: SendRequest): Promise<PipelineResponse> {
    request.headers.set('x-ms-client-request-id', this.clientRequestId);
    request.timeout = this.limits.requestMs;
    this.sent = true;
    this.last = null;
    if (isChange(request) && this.change !== 'accepted') this.change = 'unknown';
    request.onDownloadProgress = ({ loadedBytes }) => this.limitSize(loadedBytes);
    const response = await next(request).catch((error: unknown) => {
      throw isChange(request) && isRestError(error) ? new ChangeUnanswered(error) : error;
    });
    const answer = answerOf(response);
    this.store(answer);
    if (answer.status === 429) this.setRetryDelay(answer, response);
    return response;
  }

  private limitSize(bytes: number): void {
    if (bytes <= this.limits.answerBytes) return;
    this.tooLong = true;
    this.controller.abort(new DOMException('the answer is too long', 'AbortError'));
  }

  /**
   * Sets a retry delay: the SDK repeats throttled requests only if an answer has one. Throttling means that nothing was done.
   */
  private setRetryDelay(answer: HttpAnswer, { headers }: PipelineResponse): void {
    const { firstRetryMs, longestRetryMs } = this.limits;
    const backOff = Math.min(firstRetryMs * 2 ** this.throttled, longestRetryMs);
    this.throttled += 1;
    if (headers.has('retry-after')) return;
    headers.set('retry-after-ms', `${retryAfterOf(answer, this.clock()) ?? backOff}`);
  }

  /** Returns the ids of the change, or of the read if no change was needed. */
  receipt(): Receipt {
    const answer = this.write ?? this.last;
    return {
      clientRequestId: this.sent ? this.clientRequestId : null,
      correlationId: answer === null ? null : correlationIdOf(answer),
    };
  }

  private store(answer: HttpAnswer): void {
    this.last = answer;
    if (answer.method !== 'GET') this.write = answer;
    if (answer.change && this.change === 'unknown') this.change = outcomeOf(answer.status);
    const waitMs = retryAfterOf(answer, this.clock()) ?? 0;
    if ((answer.status === 429 || answer.status === 503) && waitMs > this.limits.longestRetryMs) {
      throw new UnusableAnswer(`it asks to wait ${waitMs} ms`);
    }
    if (answer.change && mightBeApplied(answer.status)) {
      throw new UnusableAnswer(`its status is ${answer.status}`);
    }
    if (answer.status < 300 && answer.body !== '' && jsonIn(answer.body) === undefined)
      throw new UnusableAnswer('it isn’t JSON');
    // The SDK reads either as an object without members, such as a role without permissions.
    if (answer.status === 200 && answer.method === 'GET' && (answer.body === '' || reportsError(answer.body))) {
      throw new UnusableAnswer('it isn’t what was asked for');
    }
  }
}
