/**
 * What went over the wire during one call of a port. The SDK's errors lose much of it: a failed long-running operation is a
 * plain `Error` without a code, and some clients drop the inner parts of an error body. So every answer is kept as it came.
 */
import { randomUUID } from 'node:crypto';
import {
  isRestError,
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
  type RestError,
} from '@azure/core-rest-pipeline';
import { z } from 'zod';
import type { ChangeFate, Receipt } from '../domain/failure.ts';
import type { Limits } from './limits.ts';

/** One answer, word for word. */
export interface HttpAnswer {
  readonly method: string;
  /** Whether it was to change something. */
  readonly change: boolean;
  readonly status: number;
  readonly body: string;
  header(name: string): string | null;
}

/**
 * An answer that ends the call at once: refused, unreadable, or asking for more patience than a call has. The message completes
 * "Azure's answer couldn't be read: …".
 */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
}

/**
 * A change that may have been made, of which nothing was heard. Not for the transport to send again: whoever asked for it
 * looks first. Not the SDK's own kind of error, which its retry policy would repeat.
 */
class ChangeUnanswered extends Error {
  override readonly name = 'ChangeUnanswered';
  readonly code: string;
  constructor(error: RestError) {
    super(error.message);
    this.code = error.code ?? 'REQUEST_SEND_ERROR';
  }
}

/** Most POSTs that are sent here only ask: queries, memberships, trying a key. One makes a version of a key. */
const isChange = ({ method, url }: Pick<PipelineRequest, 'method' | 'url'>): boolean =>
  ['PUT', 'PATCH', 'DELETE'].includes(method) || (method === 'POST' && /\/keys\/[^/]+\/create\?/.test(url));

/** What the SDK would send again although it may have been done. Throttling says that nothing was. */
const mayHaveBeenDone = (status: number): boolean => status === 408 || (status >= 500 && ![501, 505].includes(status));

function fateOf(status: number): ChangeFate {
  if (status < 300) return 'accepted';
  // A redirect took nothing of it.
  if (status < 400) return 'refused';
  return mayHaveBeenDone(status) ? 'unknown' : 'refused';
}

/** `hh:mm:ss` until Azure Resource Graph takes queries again (Microsoft, "Guidance for throttled requests in Azure Resource Graph"). */
function quotaResetOf(answer: Pick<HttpAnswer, 'header'>): number | null {
  const [, hours, minutes, seconds] =
    /^(\d{1,2}):(\d{2}):(\d{2})/.exec(answer.header('x-ms-user-quota-resets-after') ?? '') ?? [];
  if (hours === undefined) return null;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

/**
 * Milliseconds Azure asked to wait: `retry-after-ms`, `x-ms-retry-after-ms`, or `Retry-After` in seconds or as a date, or, of a
 * refused query, until the quota resets. A date is read by Azure's own clock where the answer tells it: this machine's may be wrong.
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
  const told = Date.parse(answer.header('date') ?? '');
  return Number.isFinite(at) ? Math.max(0, at - (Number.isFinite(told) ? told : now.getTime())) : null;
}

const firstHeader = (answer: HttpAnswer, names: readonly string[]): string | null => {
  for (const name of names) {
    const value = answer.header(name);
    if (value !== null && value !== '') return value;
  }
  return null;
};

/** The id under which Azure keeps the call: ARM's, else the one every service sends, else Graph's. */
export const correlationIdOf = (answer: HttpAnswer): string | null =>
  firstHeader(answer, ['x-ms-correlation-request-id', 'x-ms-request-id', 'request-id']);

function answerOf(response: PipelineResponse): HttpAnswer {
  return {
    method: response.request.method,
    change: isChange(response.request),
    status: response.status,
    body: response.bodyAsText ?? '',
    header: (name) => response.headers.get(name) ?? null,
  };
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** An error in a good answer. That of a failed operation has a status beside it, and is what was asked for. */
const GoodError = z.object({ error: z.object({ code: z.string() }), status: z.undefined().optional() });
const reportsError = (body: string): boolean => GoodError.safeParse(JSON.parse(body)).success;

/** The record of one port call. All its requests, polls and retries included, carry the same client request id. */
export class Exchange {
  readonly clientRequestId = randomUUID();
  /** Ends the call when its time is up, also between requests. */
  readonly signal: AbortSignal;
  /** The answer to the latest request; null while none has come. */
  last: HttpAnswer | null = null;
  /** The latest answer to anything but a GET: what Azure's own logs know the change by. */
  write: HttpAnswer | null = null;
  /** What became of the change that the call was to make. */
  change: ChangeFate = 'none';
  /** Whether any request left. */
  sent = false;
  /** How many answers said 429. */
  private throttled = 0;
  private readonly limits: Limits;
  private readonly clock: () => Date;
  private readonly timer: NodeJS.Timeout;
  private readonly over: AbortController;
  /** An answer was longer than one can be, which ended the call. */
  tooLong = false;

  constructor(limits: Limits, clock: () => Date, totalMs: number) {
    this.limits = limits;
    this.clock = clock;
    this.over = new AbortController();
    this.signal = this.over.signal;
    // Not `AbortSignal.timeout`, which lives on after the call: thousands of them, and what hangs on them, cost the collector dear.
    this.timer = setTimeout(() => this.over.abort(new DOMException('no answer in time', 'TimeoutError')), totalMs);
    this.timer.unref();
  }

  /** The call has ended, so that its time cannot be up any more. */
  end(): void {
    clearTimeout(this.timer);
  }

  /** Goes in front of everything, so that the deadline also covers signing in and the pauses between retries. */
  readonly deadline: PipelinePolicy = {
    name: 'cmkDeadline',
    sendRequest: (request, next) => {
      request.abortSignal = this.signal;
      return next(request);
    },
  };

  /** Goes right before the wire, once for every try. */
  readonly recorder: PipelinePolicy = {
    name: 'cmkRecorder',
    sendRequest: async (request, next) => {
      request.headers.set('x-ms-client-request-id', this.clientRequestId);
      request.timeout = this.limits.requestMs;
      this.sent = true;
      this.last = null;
      if (isChange(request) && this.change !== 'accepted') this.change = 'unknown';
      request.onDownloadProgress = ({ loadedBytes }) => this.count(loadedBytes);
      const response = await next(request).catch((error: unknown) => {
        throw isChange(request) && isRestError(error) ? new ChangeUnanswered(error) : error;
      });
      const answer = answerOf(response);
      this.keep(answer);
      if (answer.status === 429) this.pace(answer, response);
      return response;
    },
  };

  private count(bytes: number): void {
    if (bytes <= this.limits.answerBytes) return;
    this.tooLong = true;
    this.over.abort(new DOMException('the answer is too long', 'AbortError'));
  }

  /** The SDK sends again what was throttled only where `Retry-After` says when. Throttling says that nothing was done. */
  private pace(answer: HttpAnswer, { headers }: PipelineResponse): void {
    const { firstRetryMs, longestRetryMs } = this.limits;
    const backOff = Math.min(firstRetryMs * 2 ** this.throttled, longestRetryMs);
    this.throttled += 1;
    if (headers.has('retry-after')) return;
    headers.set('retry-after-ms', `${retryAfterOf(answer, this.clock()) ?? backOff}`);
  }

  /** The ids of the change, or of the reading where nothing had to be changed. */
  receipt(): Receipt {
    const answer = this.write ?? this.last;
    return {
      clientRequestId: this.sent ? this.clientRequestId : null,
      correlationId: answer === null ? null : correlationIdOf(answer),
    };
  }

  private keep(answer: HttpAnswer): void {
    this.last = answer;
    if (answer.method !== 'GET') this.write = answer;
    if (answer.change && this.change === 'unknown') this.change = fateOf(answer.status);
    const waitMs = retryAfterOf(answer, this.clock()) ?? 0;
    if ((answer.status === 429 || answer.status === 503) && waitMs > this.limits.longestRetryMs) {
      throw new UnusableAnswer(`it asks to wait ${waitMs} ms`);
    }
    if (answer.change && mayHaveBeenDone(answer.status)) {
      throw new UnusableAnswer(`its status is ${answer.status}`);
    }
    if (answer.status < 300 && answer.body !== '' && !isJson(answer.body)) throw new UnusableAnswer('it isn’t JSON');
    // The SDK takes either for an object without members, such as a role that allows nothing.
    if (answer.status === 200 && answer.method === 'GET' && (answer.body === '' || reportsError(answer.body))) {
      throw new UnusableAnswer('it isn’t what was asked for');
    }
  }
}
