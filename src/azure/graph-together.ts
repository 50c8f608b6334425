/**
 * Questions to Microsoft Graph that come at the same time, in one call. A question only joins a batch that has not been sent: what
 * it is told was asked after it came. One that comes alone goes out in the same turn of the event loop. While a batch is under way
 * those that come are gathered until it is back, for a few milliseconds at most, or until there are as many as a batch holds.
 *
 * Each stays a question of its own: it is tried again, given up and told of by itself, by the policies in front of this. What a
 * batch meets as a whole, each of its parts has met.
 */
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type Pipeline,
  type PipelineRequest,
  tracingPolicyName,
} from '@azure/core-rest-pipeline';
import type { Cloud } from './clouds.ts';
import type { Limits } from './exchange.ts';
import { batchOf, mostParts, type Part, type Told, toldOf } from './graph-batch.ts';

/** A small part of what a call of Graph takes. */
const gatheredMs = 10;

interface Question extends Part {
  readonly resolve: (told: Told) => void;
  readonly reject: (error: unknown) => void;
  /** Takes it out of where it waits. */
  leave: () => void;
}

const tokenOf = ({ request }: Part): string => request.headers.get('authorization') ?? '';

/** Who is told of calls, and how often they are tried again, is each question's own. */
function pipelineTo({ tls }: Cloud): Pipeline {
  const userAgentOptions = { userAgentPrefix: 'cmk-bot' };
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 0 }, userAgentOptions, ...tls });
  pipeline.removePolicy({ name: tracingPolicyName });
  return pipeline;
}

export class GraphTogether {
  private readonly cloud: Cloud;
  private readonly requestMs: number;
  private readonly client = createDefaultHttpClient();
  private readonly pipeline: Pipeline;
  private readonly waiting = new Set<Question>();
  private underWay = 0;
  private soon: NodeJS.Immediate | undefined;
  private later: NodeJS.Timeout | undefined;

  constructor(cloud: Cloud, { requestMs }: Limits) {
    this.cloud = cloud;
    this.requestMs = requestMs;
    this.pipeline = pipelineTo(cloud);
  }

  /**
   * Asks with the token that the request carries. Rejects as the SDK does where no answer came, and with the signal's reason where
   * the question is given up, which ends nothing for the others.
   */
  ask(part: Part, signal: AbortSignal): Promise<Told> {
    let giveUp = (): void => undefined;
    const told = new Promise<Told>((resolve, reject) => {
      signal.throwIfAborted();
      const question: Question = { ...part, resolve, reject, leave: () => this.waiting.delete(question) };
      giveUp = () => {
        question.leave();
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp);
      this.waiting.add(question);
      this.plan();
    });
    return told.finally(() => signal.removeEventListener('abort', giveUp));
  }

  private plan(): void {
    if (this.waiting.size >= mostParts) this.send();
    if (this.waiting.size === 0 || this.soon !== undefined || this.later !== undefined) return;
    if (this.underWay === 0) this.soon = setImmediate(() => this.send());
    else this.later = setTimeout(() => this.send(), gatheredMs);
  }

  private send(): void {
    clearImmediate(this.soon);
    clearTimeout(this.later);
    [this.soon, this.later] = [undefined, undefined];
    const batch = this.take();
    if (batch.size === 0) return;
    this.underWay += 1;
    void this.exchange(batch).finally(() => {
      this.underWay -= 1;
      if (this.underWay > 0) return;
      clearTimeout(this.later);
      this.later = undefined;
      this.plan();
    });
    // Those that brought another token.
    this.plan();
  }

  /** As many as a batch holds of those that came with one token. */
  private take(): Set<Question> {
    const batch = new Set<Question>();
    let token: string | undefined;
    for (const question of this.waiting) {
      token ??= tokenOf(question);
      if (batch.size === mostParts || tokenOf(question) !== token) continue;
      this.waiting.delete(question);
      batch.add(question);
    }
    return batch;
  }

  /** Never rejects. */
  private async exchange(batch: Set<Question>): Promise<void> {
    const [asked, givenUp] = [[...batch], new AbortController()];
    for (const question of asked) {
      question.leave = () => {
        batch.delete(question);
        if (batch.size === 0) givenUp.abort();
      };
    }
    try {
      const whole = await this.pipeline.sendRequest(this.client, this.requestOf(asked, givenUp.signal));
      const told = toldOf(asked, whole);
      for (const [index, one] of told.entries()) asked[index]?.resolve(one);
    } catch (error) {
      for (const question of asked) question.reject(error);
    }
  }

  private requestOf(asked: readonly Question[], abortSignal: AbortSignal): PipelineRequest {
    const [first] = asked;
    const authorization = first === undefined ? '' : tokenOf(first);
    return createPipelineRequest({
      url: `${this.cloud.graphEndpoint}/v1.0/$batch`,
      method: 'POST',
      headers: createHttpHeaders({ 'content-type': 'application/json', accept: 'application/json', authorization }),
      body: batchOf(asked),
      abortSignal,
      timeout: this.requestMs,
    });
  }
}
