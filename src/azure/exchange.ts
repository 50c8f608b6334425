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
import type { ChangeFate, Receipt } from '../domain/failure.ts';

/** One answer, word for word. */
export interface Answer {
  readonly method: string;
  /** Whether it was to change something. */
  readonly change: boolean;
  readonly status: number;
  readonly body: string;
  header(name: string): string | null;
}

/** Bounds of one port call, in milliseconds. The workflow retries on its own, so these only bridge short trouble. */
export interface Limits {
  /** One HTTP request. */
  readonly requestMs: number;
  /** A whole call, sign-in and retries included. */
  readonly callMs: number;
  /** A call that only adds to what a waiting person sees, and that may be slow where a network is closed. */
  readonly briefMs: number;
  /** A call that a click waits for. Two fit into the 10 s after which Teams shows an error. */
  readonly clickMs: number;
  /** A call that waits for a long-running operation. */
  readonly operationMs: number;
  readonly retries: number;
  readonly firstRetryMs: number;
  /** No single pause is longer; when Azure asks for more, the call ends and says how long. */
  readonly longestRetryMs: number;
}

export const defaultLimits: Limits = {
  requestMs: 30_000,
  callMs: 60_000,
  briefMs: 8_000,
  clickMs: 4_000,
  operationMs: 600_000,
  retries: 3,
  firstRetryMs: 500,
  longestRetryMs: 10_000,
};

/** An answer that ends the call at once: refused, unreadable, or asking for more patience than a call has. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
  /** It broke off on its way: another one may come whole. */
  readonly brokeOff: boolean;
  constructor(message: string, { brokeOff = false }: { readonly brokeOff?: boolean } = {}) {
    super(message);
    this.brokeOff = brokeOff;
  }
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
  if (status < 400) return 'accepted';
  return mayHaveBeenDone(status) ? 'unknown' : 'refused';
}

/**
 * Milliseconds Azure asked to wait: `retry-after-ms`, `x-ms-retry-after-ms`, or `Retry-After` in seconds or as a date. A date is
 * read by Azure's own clock where the answer tells it: this machine's may be wrong.
 */
export function retryAfterOf(answer: Pick<Answer, 'header'>, now: Date): number | null {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const ms = Number.parseInt(answer.header(name) ?? '', 10);
    if (Number.isFinite(ms)) return Math.max(0, ms);
  }
  const text = answer.header('retry-after') ?? '';
  if (/^\d+$/.test(text)) return Number.parseInt(text, 10) * 1000;
  const at = Date.parse(text);
  const told = Date.parse(answer.header('date') ?? '');
  return Number.isFinite(at) ? Math.max(0, at - (Number.isFinite(told) ? told : now.getTime())) : null;
}

const firstHeader = (answer: Answer, names: readonly string[]): string | null => {
  for (const name of names) {
    const value = answer.header(name);
    if (value !== null && value !== '') return value;
  }
  return null;
};

/** The id under which Azure keeps the call: ARM's, else the one every service sends, else Graph's. */
export const correlationIdOf = (answer: Answer): string | null =>
  firstHeader(answer, ['x-ms-correlation-request-id', 'x-ms-request-id', 'request-id']);

function answerOf(response: PipelineResponse): Answer {
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

/** The record of one port call. All its requests, polls and retries included, carry the same client request id. */
export class Exchange {
  readonly clientRequestId = randomUUID();
  /** Ends the call when its time is up, also between requests. */
  readonly signal: AbortSignal;
  /** The answer to the latest request; null while none has come. */
  last: Answer | null = null;
  /** The latest answer to anything but a GET: what Azure's own logs know the change by. */
  write: Answer | null = null;
  /** What became of the change that the call was to make. */
  change: ChangeFate = 'none';
  /** Whether any request left. */
  sent = false;
  private readonly limits: Limits;
  private readonly clock: () => Date;
  private readonly timer: NodeJS.Timeout;

  constructor(limits: Limits, clock: () => Date, totalMs: number) {
    this.limits = limits;
    this.clock = clock;
    const deadline = new AbortController();
    this.signal = deadline.signal;
    // Not `AbortSignal.timeout`, which lives on after the call: thousands of them, and what hangs on them, cost the collector dear.
    this.timer = setTimeout(() => deadline.abort(new DOMException('no answer in time', 'TimeoutError')), totalMs);
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
      const response = await next(request).catch((error: unknown) => {
        throw isChange(request) && isRestError(error) ? new ChangeUnanswered(error) : error;
      });
      this.keep(answerOf(response));
      return response;
    },
  };

  /** The ids of the change, or of the reading where nothing had to be changed. */
  receipt(): Receipt {
    const answer = this.write ?? this.last;
    return {
      clientRequestId: this.sent ? this.clientRequestId : null,
      correlationId: answer === null ? null : correlationIdOf(answer),
    };
  }

  private keep(answer: Answer): void {
    this.last = answer;
    if (answer.method !== 'GET') this.write = answer;
    if (answer.change && this.change === 'unknown') this.change = fateOf(answer.status);
    const waitMs = retryAfterOf(answer, this.clock()) ?? 0;
    if ((answer.status === 429 || answer.status === 503) && waitMs > this.limits.longestRetryMs) {
      throw new UnusableAnswer(`asked to wait ${waitMs} ms`);
    }
    if (answer.change && mayHaveBeenDone(answer.status)) {
      throw new UnusableAnswer(`answered ${answer.status} to a change`);
    }
    if (answer.status < 300 && answer.body !== '' && !isJson(answer.body)) {
      // A page of a proxy is whole, and stays what it is.
      throw new UnusableAnswer('the answer is not JSON', { brokeOff: /^\s*[[{]/.test(answer.body) });
    }
  }
}
