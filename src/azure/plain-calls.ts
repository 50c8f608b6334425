/** Calls to ARM and Microsoft Graph without an SDK client, because there is none or it doesn't fit. */
import type { TokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
  decompressResponsePolicy,
  defaultRetryPolicy,
  type PipelinePolicy,
  proxyPolicy,
  type SendRequest,
  tlsPolicy,
  userAgentPolicy,
} from '@azure/core-rest-pipeline';
import { z } from 'zod';
import type { Tracing } from '../domain/ports/telemetry.ts';
import type { Cloud } from './clouds.ts';
import { correlationIdOf, type Exchange, UnusableAnswer } from './exchange.ts';
import type { Limits } from './limits.ts';
import type { Links } from './links.ts';
import { renewRefusedTokens } from './renewable-credential.ts';

// Traces each attempt of each call to Azure by operation only: addresses contain people's ids and resource names.

const id = /^(\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\}?|[0-9a-f]{32})$/i;
/** Key Vault operations on a key version, in the position of a name. */
const keyVerbs = ['wrapkey', 'unwrapkey'];

/** Returns which parts of an address are names: every second, counted from each provider. */
function namesIn(parts: readonly string[]): readonly boolean[] {
  let next: 'kind' | 'name' | 'provider' = 'kind';
  return parts.map((part, index) => {
    // Microsoft Graph's version.
    if (index === 0 && /^v\d/.test(part)) return false;
    const is = part === 'providers' && next === 'kind' ? part : next;
    next = is === 'providers' ? 'provider' : is === 'kind' ? 'name' : 'kind';
    return is === 'name';
  });
}

/** Returns the address as a template: `/subscriptions/{id}/resourceGroups/{name}/providers/NAMESPACE/TYPE/{name}` */
export function templateOf(url: string): string {
  const parts = new URL(url).pathname.split('/').filter((part) => part !== '');
  const names = namesIn(parts);
  const shown = parts.map((part, index) => {
    if (id.test(part)) return '{id}';
    return names[index] && !keyVerbs.includes(part.toLowerCase()) ? '{name}' : part;
  });
  return `/${shown.join('/')}`;
}

const wordOf = (template: string): string =>
  template.split('/').findLast((part) => part !== '' && !part.startsWith('{')) ?? '';

export const traceCalls = ({ span }: Tracing): PipelinePolicy => ({
  name: 'cmkTracing',
  sendRequest(request, next) {
    const template = templateOf(request.url);
    const attributes = {
      'http.request.method': request.method,
      'url.template': template,
      'server.address': new URL(request.url).hostname,
    };
    return span({ name: `${request.method} ${wordOf(template)}`, kind: 'client', attributes }, async (note) => {
      const response = await next(request);
      const { status, headers } = response;
      const clientRequestId = request.headers.get('x-ms-client-request-id');
      const serviceRequestId = correlationIdOf({ header: (name) => headers.get(name) ?? null });
      note({
        'http.response.status_code': status,
        ...(clientRequestId === undefined ? {} : { 'azure.client_request_id': clientRequestId }),
        ...(serviceRequestId === null ? {} : { 'azure.service_request_id': serviceRequestId }),
        ...(status >= 400 ? { 'error.type': `${status}` } : {}),
      });
      return response;
    });
  },
});

/** One HTTP client for all plain calls, as the SDK's clients share one. */
const httpClient = createDefaultHttpClient();

/** A page of any list in ARM or Microsoft Graph. */
const Page = z.object({
  value: z.array(z.unknown()),
  nextLink: z.string().nullish(),
  '@odata.nextLink': z.string().nullish(),
});

const GraphCount = z.object({ '@odata.count': z.number() });

/** Header for advanced queries of Microsoft Graph. */
const advanced = { consistencylevel: 'eventual' };

interface PlainOptions {
  readonly cloud: Cloud;
  readonly credential: TokenCredential;
  readonly limits: Limits;
  readonly tracing: Tracing;
  /** Sends one HTTP request, from `wireTo`. */
  readonly wire: SendRequest;
}

/** Returns a sender with these policies, the first outermost. */
const through = (policies: readonly PipelinePolicy[], send: SendRequest): SendRequest =>
  policies.reduceRight<SendRequest>((next, policy) => (request) => policy.sendRequest(request, next), send);

/**
 * Returns a sender with the SDK's policies that every HTTP request needs, created once per connection. Creating the SDK's own
 * pipeline for each call takes more CPU time than the call.
 */
export const wireTo = ({ tls: { tlsOptions } }: Cloud): SendRequest =>
  through(
    [
      userAgentPolicy({ userAgentPrefix: 'cmk-bot' }),
      ...(tlsOptions === undefined ? [] : [tlsPolicy(tlsOptions)]),
      proxyPolicy(),
      decompressResponsePolicy(),
    ],
    (request) => httpClient.sendRequest(request),
  );

export const retriesWithin = ({ retries, firstRetryMs, longestRetryMs }: Limits) => ({
  maxRetries: retries,
  retryDelayInMs: firstRetryMs,
  maxRetryDelayInMs: longestRetryMs,
});

export class PlainCalls {
  private readonly options: PlainOptions;
  private readonly cloud: Cloud;
  private readonly exchange: Exchange;
  private readonly links: Links;

  constructor(options: PlainOptions, { exchange, links }: { readonly exchange: Exchange; readonly links: Links }) {
    this.options = options;
    this.cloud = options.cloud;
    this.exchange = exchange;
    this.links = links;
  }

  /** Posts to Microsoft Graph, or reads without a body. Returns the parsed answer. */
  graph(path: string, body?: unknown): Promise<unknown> {
    const { cloud } = this;
    return this.ask(body === undefined ? 'GET' : 'POST', `${cloud.graphEndpoint}${path}`, cloud.graphScope, body);
  }

  /** Returns the number of items of an advanced query in Microsoft Graph, without reading them. */
  async graphCount(path: string): Promise<number> {
    const { graphEndpoint, graphScope } = this.cloud;
    const answer = await this.ask('GET', `${graphEndpoint}${path}`, graphScope, undefined, advanced);
    return GraphCount.parse(answer)['@odata.count'];
  }

  /** Yields the pages of an advanced query in Microsoft Graph. Results can lag. */
  graphPages(path: string): AsyncGenerator<readonly unknown[]> {
    const { graphEndpoint, graphScope } = this.cloud;
    return this.pages(`${graphEndpoint}${path}`, graphScope, advanced);
  }

  /** Reads one object in ARM that no SDK client covers. `path` includes the API version. */
  read(path: string): Promise<unknown> {
    const { armEndpoint, armScope } = this.cloud;
    return this.ask('GET', `${armEndpoint}${path}`, armScope);
  }

  /** Yields the items of a list in ARM that no SDK client covers. `path` includes the API version. */
  async *list(path: string): AsyncGenerator<unknown> {
    const { armEndpoint, armScope } = this.cloud;
    for await (const page of this.pages(`${armEndpoint}${path}`, armScope)) yield* page;
  }

  /** Reads the whole list. Throws at an item of another shape, because an omitted one could be a lock or a guard. */
  async listAll<T>(path: string, shape: z.ZodType<T>): Promise<readonly T[]> {
    const found: T[] = [];
    for await (const item of this.list(path)) found.push(shape.parse(item));
    return found;
  }

  private async *pages(first: string, scopes: string, more?: Readonly<Record<string, string>>) {
    for (let url = first; url !== ''; ) {
      const page = Page.parse(await this.ask('GET', url, scopes, undefined, more));
      yield page.value;
      url = page.nextLink ?? page['@odata.nextLink'] ?? '';
    }
  }

  private async ask(
    method: 'GET' | 'POST',
    url: string,
    scopes: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const { graphScope, graphEndpoint, armEndpoint } = this.cloud;
    const { credential, limits, tracing, wire } = this.options;
    const endpoint = scopes === graphScope ? graphEndpoint : armEndpoint;
    const policies = [
      this.exchange.deadline,
      this.links.requireSameOrigin(endpoint),
      bearerTokenAuthenticationPolicy({ credential, scopes }),
      defaultRetryPolicy(retriesWithin(limits)),
      this.links.followRedirects(endpoint),
      traceCalls(tracing),
      renewRefusedTokens(credential),
      this.exchange.recorder,
    ];
    const request = createPipelineRequest({
      url,
      method,
      headers: createHttpHeaders({ 'content-type': 'application/json', accept: 'application/json', ...more }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await through(policies, wire)(request);
    if (response.status >= 300) throw new UnusableAnswer(`its status is ${response.status}`);
    return JSON.parse(response.bodyAsText ?? '');
  }
}
