/** What goes to ARM and Microsoft Graph without a client of the SDK: because there is none, or because it will not do. */

import type { TokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  defaultRetryPolicy,
  type InternalPipelineOptions,
  type PipelinePolicy,
  type SendRequest,
} from '@azure/core-rest-pipeline';
import { z } from 'zod';
import type { Tracing } from '../domain/ports/tracing.ts';
import type { Cloud } from './clouds.ts';
import { type Exchange, UnusableAnswer } from './exchange.ts';
import type { GraphTogether } from './graph-together.ts';
import { renewRefusedTokens } from './renewal.ts';
import { traceCalls } from './traced-calls.ts';

/** These share one of their own, as the SDK's clients do. */
const httpClient = createDefaultHttpClient();

/** The shape of every list in ARM. */
const Page = z.object({ value: z.array(z.unknown()), nextLink: z.string().nullish() });

/** The same in Microsoft Graph. */
const GraphPage = z.object({ value: z.array(z.unknown()), '@odata.nextLink': z.string().nullish() });

const GraphCount = z.object({ '@odata.count': z.number() });

/** What Microsoft Graph wants of an advanced query. */
const advanced = { consistencylevel: 'eventual' };

/** What goes over the wire, and who is told of it. */
interface PlainOptions {
  readonly cloud: Cloud;
  readonly credential: TokenCredential;
  readonly tracing: Tracing;
  readonly together: GraphTogether;
}

/** Sends through these policies, the first outermost. */
const through = (policies: readonly PipelinePolicy[], send: SendRequest): SendRequest =>
  policies.reduceRight<SendRequest>((next, policy) => (request) => policy.sendRequest(request, next), send);

export class PlainCalls {
  private readonly cloud: Cloud;
  private readonly credential: TokenCredential;
  private readonly exchange: Exchange;
  private readonly tracing: Tracing;
  private readonly together: GraphTogether;
  private readonly common: InternalPipelineOptions;

  constructor(
    { cloud, credential, tracing, together }: PlainOptions,
    exchange: Exchange,
    common: InternalPipelineOptions,
  ) {
    this.cloud = cloud;
    this.credential = credential;
    this.exchange = exchange;
    this.tracing = tracing;
    this.together = together;
    this.common = common;
  }

  /** Posts to Microsoft Graph, or reads where there is nothing to post, and returns the parsed answer. */
  graph(path: string, body?: unknown): Promise<unknown> {
    const { cloud } = this;
    return this.ask(body === undefined ? 'GET' : 'POST', `${cloud.graphEndpoint}${path}`, cloud.graphScope, body);
  }

  /**
   * The same in one call with whatever else is asked at this time, and told of, tried again and given up as if it were asked alone.
   * `path` begins behind the version.
   */
  async graphTogether(path: string, body?: unknown): Promise<unknown> {
    const { credential, exchange, cloud } = this;
    const policies = [
      exchange.deadline,
      bearerTokenAuthenticationPolicy({ credential, scopes: cloud.graphScope }),
      defaultRetryPolicy(this.common.retryOptions),
      traceCalls(this.tracing),
      renewRefusedTokens(credential),
      exchange.recorder,
    ];
    let isOwn = false;
    const send: SendRequest = async (request) => {
      const told = await this.together.ask({ request, path, body }, exchange.signal);
      isOwn = told.isOwn;
      return told.response;
    };
    const method = body === undefined ? 'GET' : 'POST';
    const url = `${cloud.graphEndpoint}/v1.0${path}`;
    const { status, bodyAsText } = await through(policies, send)(createPipelineRequest({ url, method }));
    if (status >= 300) throw new UnusableAnswer(`answered ${status}`);
    if (!isOwn) throw new UnusableAnswer('the batch has no answer to this');
    return JSON.parse(bodyAsText ?? '');
  }

  /** How many a list in Microsoft Graph has that is an advanced query, without reading them. */
  async graphCount(path: string): Promise<number> {
    const { graphEndpoint, graphScope } = this.cloud;
    const answer = await this.ask('GET', `${graphEndpoint}${path}`, graphScope, undefined, advanced);
    return GraphCount.parse(answer)['@odata.count'];
  }

  /** The pages of a list in Microsoft Graph that is an advanced query: what it finds may lag behind. */
  async *graphPages(path: string): AsyncGenerator<readonly unknown[]> {
    const { graphEndpoint, graphScope } = this.cloud;
    let url = `${graphEndpoint}${path}`;
    while (url !== '') {
      const page = GraphPage.parse(await this.ask('GET', url, graphScope, undefined, advanced));
      yield page.value;
      url = nextOf(page['@odata.nextLink'], graphEndpoint);
    }
  }

  /** One thing in ARM for which no client of the SDK will do. `path` carries the API version. */
  read(path: string): Promise<unknown> {
    const { armEndpoint, armScope } = this.cloud;
    return this.ask('GET', `${armEndpoint}${path}`, armScope);
  }

  /** The items of a list in ARM for which no client of the SDK will do. `path` carries the API version. */
  async *list(path: string): AsyncGenerator<unknown> {
    const { armEndpoint, armScope } = this.cloud;
    let url = `${armEndpoint}${path}`;
    while (url !== '') {
      const page = Page.parse(await this.ask('GET', url, armScope));
      yield* page.value;
      url = nextOf(page.nextLink, armEndpoint);
    }
  }

  private async ask(
    method: 'GET' | 'POST',
    url: string,
    scopes: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const pipeline = createPipelineFromOptions(this.common);
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: this.credential, scopes }));
    pipeline.addPolicy(this.exchange.deadline);
    pipeline.addPolicy(traceCalls(this.tracing), { afterPhase: 'Sign' });
    pipeline.addPolicy(renewRefusedTokens(this.credential), { afterPhase: 'Sign' });
    pipeline.addPolicy(this.exchange.recorder, { afterPhase: 'Sign' });
    const request = createPipelineRequest({
      url,
      method,
      headers: createHttpHeaders({ 'content-type': 'application/json', accept: 'application/json', ...more }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await pipeline.sendRequest(httpClient, request);
    if (response.status >= 300) throw new UnusableAnswer(`answered ${response.status}`);
    return JSON.parse(response.bodyAsText ?? '');
  }
}

/** Where a list goes on; empty at its end. The token goes along, so it may only go to where it went before. */
function nextOf(link: string | null | undefined, endpoint: string): string {
  if (link && !sameOrigin(link, endpoint)) throw new UnusableAnswer(`the next page is at ${link}`);
  return link ?? '';
}

const sameOrigin = (a: string, b: string): boolean => URL.canParse(a) && new URL(a).origin === new URL(b).origin;
