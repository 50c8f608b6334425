/** One call of a port, from the deadline to the outcome, and the SDK clients it speaks through. */
import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { ResourceManagementClient } from '@azure/arm-resources';
import type { TokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { z } from 'zod';
import { done, failed, type Outcome } from '../domain/failure.ts';
import type { ArmId, ArmIdParts } from '../domain/ids.ts';
import type { ResourceKind } from '../domain/ports/resource-kind.ts';
import type { Cloud } from './clouds.ts';
import { complaintOf } from './error-body.ts';
import { Exchange, type Limits, UnusableAnswer } from './exchange.ts';
import { readFailure } from './failures.ts';
import { ownIdOf } from './own-id.ts';
import { type Kind, ownResource } from './resource-ids.ts';

export interface ConnectionOptions {
  /** Every kind of resource there is. */
  readonly kinds: readonly ResourceKind[];
  readonly cloud: Cloud;
  readonly credential: TokenCredential;
  readonly subscriptions: readonly string[];
  readonly pollIntervalMs: number;
  readonly limits: Limits;
  readonly clock: () => Date;
}

/** What makes a call special. */
export interface CallKind {
  /** It waits for a long-running operation: the longer limit holds. */
  readonly operation?: boolean;
  /** A person waits and can do without: the shortest limit holds. */
  readonly brief?: boolean;
  /** A person's click waits, and its channel does not wait long. */
  readonly click?: boolean;
  /** It relies on a grant that may just have been made, so a refusal may pass. */
  readonly restsOnGrant?: boolean;
}

/** For what goes without a client of the SDK; those share one of their own. */
const httpClient = createDefaultHttpClient();

function limitOf(kind: CallKind, limits: Limits): number {
  if (kind.operation === true) return limits.operationMs;
  if (kind.click === true) return limits.clickMs;
  return kind.brief === true ? limits.briefMs : limits.callMs;
}

/** The shape of every list in ARM. */
const Page = z.object({ value: z.array(z.unknown()), nextLink: z.string().nullish() });

/** The same in Microsoft Graph. */
const GraphPage = z.object({ value: z.array(z.unknown()), '@odata.nextLink': z.string().nullish() });

const GraphCount = z.object({ '@odata.count': z.number() });

/** What Microsoft Graph wants of an advanced query. */
const advanced = { consistencylevel: 'eventual' };

/** The clients of one call. Making them costs microseconds; tokens are cached in the credential. */
export class Line {
  readonly exchange: Exchange;
  private readonly options: ConnectionOptions;

  constructor(options: ConnectionOptions, kind: CallKind) {
    const { limits } = options;
    this.options = options;
    this.exchange = new Exchange(limits, options.clock, limitOf(kind, limits));
  }

  resources(subscriptionId: string): ResourceManagementClient {
    return new ResourceManagementClient(this.options.credential, subscriptionId, this.armOptions());
  }

  keyVault(subscriptionId: string): KeyVaultManagementClient {
    return new KeyVaultManagementClient(this.options.credential, subscriptionId, this.armOptions());
  }

  authorization(subscriptionId: string): AuthorizationManagementClient {
    const { credential, cloud } = this.options;
    const options = { ...this.common(), endpoint: cloud.armEndpoint, credentialScopes: cloud.armScope };
    return new AuthorizationManagementClient(credential, subscriptionId, options);
  }

  resourceGraph(): ResourceGraphClient {
    return new ResourceGraphClient(this.options.credential, this.armOptions());
  }

  /** A key by its full address in Key Vault. */
  key(address: string): CryptographyClient {
    return new CryptographyClient(address, this.options.credential, this.vaultOptions());
  }

  /** The keys of the vault at this address, deleted ones included. */
  keysAt(vaultUri: string): KeyClient {
    return new KeyClient(vaultUri, this.options.credential, this.vaultOptions());
  }

  /** Posts to Microsoft Graph, or reads where there is nothing to post, and returns the parsed answer. */
  graph(path: string, body?: unknown): Promise<unknown> {
    const { cloud } = this.options;
    return this.ask(body === undefined ? 'GET' : 'POST', `${cloud.graphEndpoint}${path}`, cloud.graphScope, body);
  }

  /** How many a list in Microsoft Graph has that is an advanced query, without reading them. */
  async graphCount(path: string): Promise<number> {
    const { graphEndpoint, graphScope } = this.options.cloud;
    const answer = await this.ask('GET', `${graphEndpoint}${path}`, graphScope, undefined, advanced);
    return GraphCount.parse(answer)['@odata.count'];
  }

  /** The pages of a list in Microsoft Graph that is an advanced query: what it finds may lag behind. */
  async *graphPages(path: string): AsyncGenerator<readonly unknown[]> {
    const { graphEndpoint, graphScope } = this.options.cloud;
    let url = `${graphEndpoint}${path}`;
    while (url !== '') {
      const page = GraphPage.parse(await this.ask('GET', url, graphScope, undefined, advanced));
      yield page.value;
      url = nextOf(page['@odata.nextLink'], graphEndpoint);
    }
  }

  /** One thing in ARM for which no client of the SDK will do. `path` carries the API version. */
  read(path: string): Promise<unknown> {
    const { armEndpoint, armScope } = this.options.cloud;
    return this.ask('GET', `${armEndpoint}${path}`, armScope);
  }

  /** The items of a list in ARM for which no client of the SDK will do. `path` carries the API version. */
  async *list(path: string): AsyncGenerator<unknown> {
    const { armEndpoint, armScope } = this.options.cloud;
    let url = `${armEndpoint}${path}`;
    while (url !== '') {
      const page = Page.parse(await this.ask('GET', url, armScope));
      yield* page.value;
      url = nextOf(page.nextLink, armEndpoint);
    }
  }

  /** The value, or null when Azure refused with one of these codes. */
  async unless<T>(codes: readonly string[], asked: Promise<T>): Promise<T | null> {
    try {
      return await asked;
    } catch (error) {
      const told = this.exchange.last === null ? null : complaintOf(this.exchange.last);
      if (told !== null && codes.includes(told.code)) return null;
      throw error;
    }
  }

  private async ask(
    method: 'GET' | 'POST',
    url: string,
    scopes: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const pipeline = createPipelineFromOptions(this.common());
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: this.options.credential, scopes }));
    pipeline.addPolicy(this.exchange.deadline);
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

  private common() {
    const { cloud, limits } = this.options;
    return {
      retryOptions: {
        maxRetries: limits.retries,
        retryDelayInMs: limits.firstRetryMs,
        maxRetryDelayInMs: limits.longestRetryMs,
      },
      userAgentOptions: { userAgentPrefix: 'cmk-bot' },
      additionalPolicies: [
        { policy: this.exchange.deadline, position: 'perCall' as const },
        { policy: this.exchange.recorder, position: 'perRetry' as const },
      ],
      ...cloud.tls,
    };
  }

  private armOptions() {
    const { cloud } = this.options;
    return { ...this.common(), endpoint: cloud.armEndpoint, credentials: { scopes: [cloud.armScope] } };
  }

  private vaultOptions() {
    return { ...this.common(), disableChallengeResourceVerification: !this.options.cloud.verifyChallenges };
  }
}

/** Where a list goes on; empty at its end. The token goes along, so it may only go to where it went before. */
function nextOf(link: string | null | undefined, endpoint: string): string {
  if (link && !sameOrigin(link, endpoint)) throw new UnusableAnswer(`the next page is at ${link}`);
  return link ?? '';
}

const sameOrigin = (a: string, b: string): boolean => URL.canParse(a) && new URL(a).origin === new URL(b).origin;

/**
 * Codes that say "there is none". A 404 without one of them is a failure: a wrong API version, a missing subscription or
 * a proxy's page must not read as an agent that does not exist.
 */
export const missing = [
  'ResourceNotFound',
  'ResourceGroupNotFound',
  'ParentResourceNotFound',
  'NotFound',
  'KeyNotFound',
];

export interface Connection extends Pick<ConnectionOptions, 'cloud' | 'subscriptions' | 'pollIntervalMs' | 'kinds'> {
  /** Object id of the identity that all calls are made with; null where its token does not say. */
  ownId(): Promise<string | null>;
  /** Runs one call. Whatever the outside world does comes back as a failure; anything still thrown is a bug. */
  call<T>(doing: string, work: (line: Line) => Promise<T>, kind?: CallKind): Promise<Outcome<T>>;
  /** The same about one resource, after making sure that it is of this kind and in a configured subscription. */
  on<T>(
    kind: Kind,
    id: ArmId,
    doing: string,
    work: (line: Line, parts: ArmIdParts) => Promise<T>,
    call?: CallKind,
  ): Promise<Outcome<T>>;
}

export function openConnection(options: ConnectionOptions): Connection {
  const { cloud, subscriptions, pollIntervalMs, kinds } = options;
  const call: Connection['call'] = async (doing, work, kind = {}) => {
    const line = new Line(options, kind);
    try {
      return done(await work(line));
    } catch (error) {
      const context = { doing, restsOnGrant: kind.restsOnGrant === true, now: options.clock() };
      const failure = readFailure(error, line.exchange, context);
      if (failure === null) throw error;
      return failed(failure);
    }
  };
  return {
    cloud,
    subscriptions,
    pollIntervalMs,
    kinds,
    ownId: () => ownIdOf(options.credential, cloud.armScope),
    call,
    on: async (kind, id, doing, work, callKind) => {
      const own = ownResource(doing, id, kind, subscriptions);
      if ('failure' in own) return failed(own.failure);
      return call(doing, (line) => work(line, own.parts), callKind);
    },
  };
}
