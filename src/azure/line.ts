/** The clients through which one call of a port speaks to Azure. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { ResourceManagementClient } from '@azure/arm-resources';
import type { TokenCredential } from '@azure/core-auth';
import type { PipelinePolicy, SendRequest } from '@azure/core-rest-pipeline';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import { LogsQueryClient } from '@azure/monitor-query-logs';
import { z } from 'zod';
import type { Tracing } from '../domain/ports/tracing.ts';
import type { Cloud } from './clouds.ts';
import { complaintOf } from './error-body.ts';
import { Exchange, UnusableAnswer } from './exchange.ts';
import type { Limits } from './limits.ts';
import { Links } from './links.ts';
import { PlainCalls, retriesWithin, traceCalls } from './plain-calls.ts';
import { renewRefusedTokens } from './renewal.ts';

// Whether a change may still go out, asked right before it does: a process that was held up between its last look and a write
// may find that another one has taken over meanwhile.

/** Resolves while the change may be made. Throws, or never resolves, where it may not. */
type Permit = () => Promise<void>;

const permits = new AsyncLocalStorage<Permit>();

/** Runs the work; whatever it sends to Azure beside reads waits for the permit, each try anew. */
export const permitting = <T>(permit: Permit, work: () => Promise<T>): Promise<T> => permits.run(permit, work);

/** The last policy before the wire. */
const askPermit: PipelinePolicy = {
  name: 'cmkPermit',
  async sendRequest(request, next) {
    if (request.method !== 'GET' && request.method !== 'HEAD') await permits.getStore()?.();
    return next(request);
  },
};

export interface LineOptions {
  readonly cloud: Cloud;
  readonly credential: TokenCredential;
  readonly limits: Limits;
  readonly clock: () => Date;
  /** Told of every try of every call. */
  readonly tracing: Tracing;
  /** Sends the HTTP requests that no client of the SDK sends. */
  readonly wire: SendRequest;
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

function limitOf(kind: CallKind, limits: Limits): number {
  if (kind.operation === true) return limits.operationMs;
  if (kind.click === true) return limits.clickMs;
  return kind.brief === true ? limits.briefMs : limits.callMs;
}

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

const ListPage = z.object({ value: z.array(z.unknown()) });
const holdsList = (body: string): boolean => ListPage.safeParse(JSON.parse(body || 'null')).success;

/** The clients of one call. Making them costs microseconds; tokens are cached in the credential. */
export class AzureClients {
  readonly exchange: Exchange;
  readonly plain: PlainCalls;
  private readonly options: LineOptions;
  private readonly links = new Links();

  constructor(options: LineOptions, kind: CallKind) {
    const { limits } = options;
    this.options = options;
    this.exchange = new Exchange(limits, options.clock, limitOf(kind, limits));
    this.plain = new PlainCalls(options, { exchange: this.exchange, links: this.links });
  }

  resources(subscriptionId: string): ResourceManagementClient {
    return new ResourceManagementClient(this.options.credential, subscriptionId, this.armOptions());
  }

  keyVault(subscriptionId: string): KeyVaultManagementClient {
    return new KeyVaultManagementClient(this.options.credential, subscriptionId, this.armOptions());
  }

  authorization(subscriptionId: string): AuthorizationManagementClient {
    const { credential, cloud } = this.options;
    const options = {
      ...this.common(cloud.armEndpoint),
      endpoint: cloud.armEndpoint,
      credentialScopes: cloud.armScope,
    };
    return new AuthorizationManagementClient(credential, subscriptionId, options);
  }

  resourceGraph(): ResourceGraphClient {
    return new ResourceGraphClient(this.options.credential, this.armOptions());
  }

  /** A key by its full address in Key Vault. */
  key(address: string): CryptographyClient {
    return new CryptographyClient(address, this.options.credential, this.vaultOptions(address));
  }

  /** The keys of the vault at this address, deleted ones included. */
  keysAt(vaultUri: string): KeyClient {
    return new KeyClient(vaultUri, this.options.credential, this.vaultOptions(vaultUri));
  }

  /** The secrets of the vault at this address. */
  secretsAt(vaultUri: string): SecretClient {
    return new SecretClient(vaultUri, this.options.credential, this.vaultOptions(vaultUri));
  }

  /** Queries of Log Analytics at its address. */
  logs(endpoint: string): LogsQueryClient {
    const credentials = { scopes: [`${endpoint}/.default`] };
    const options = { ...this.common(endpoint), endpoint: `${endpoint}/v1`, credentials };
    return new LogsQueryClient(this.options.credential, options);
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

  /** The items of a list of the SDK's. Throws `UnusableAnswer` at a page that holds no list, which the SDK takes for an empty one. */
  async *items<T>(list: { byPage(): AsyncIterable<readonly T[]> }): AsyncGenerator<T> {
    for await (const page of list.byPage()) {
      if (!holdsList(this.exchange.last?.body ?? '')) throw new UnusableAnswer('it holds no list');
      yield* page;
    }
  }

  private transport() {
    const { cloud, limits } = this.options;
    return {
      retryOptions: retriesWithin(limits),
      userAgentOptions: { userAgentPrefix: 'cmk-bot' },
      ...cloud.tls,
    };
  }

  /** Of a client whose calls go to this endpoint's origin and to no other. */
  private common(endpoint: string) {
    return {
      ...this.transport(),
      additionalPolicies: [
        { policy: this.exchange.deadline, position: 'perCall' as const },
        { policy: this.links.stay(endpoint), position: 'perCall' as const },
        { policy: this.links.follow(endpoint), position: 'perRetry' as const },
        { policy: traceCalls(this.options.tracing), position: 'perRetry' as const },
        { policy: renewRefusedTokens(this.options.credential), position: 'perRetry' as const },
        { policy: this.exchange.recorder, position: 'perRetry' as const },
        { policy: askPermit, position: 'perRetry' as const },
      ],
    };
  }

  private armOptions() {
    const { cloud } = this.options;
    return {
      ...this.common(cloud.armEndpoint),
      endpoint: cloud.armEndpoint,
      credentials: { scopes: [cloud.armScope] },
    };
  }

  private vaultOptions(address: string) {
    return { ...this.common(address), disableChallengeResourceVerification: !this.options.cloud.verifyChallenges };
  }
}
