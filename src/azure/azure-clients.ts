/** SDK clients of one port call. */
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
import type { Tracing } from '../domain/ports/telemetry.ts';
import type { Cloud } from './clouds.ts';
import { azureErrorIn } from './error-body.ts';
import { Exchange, isChange, UnusableAnswer } from './exchange.ts';
import type { Limits } from './limits.ts';
import { Links } from './links.ts';
import { PlainCalls, retriesWithin, traceCalls } from './plain-calls.ts';
import { acquirePolicyTokens } from './policy-token.ts';
import { renewRefusedTokens } from './renewable-credential.ts';

// Write fence: checked right before each change is sent. After a pause, this process might have lost the run to another
// replica.

/** Resolves while the process owns the run. Throws or never resolves otherwise. */
type WriteFence = () => Promise<void>;

const writeFences = new AsyncLocalStorage<WriteFence>();

/** Runs the work. Each attempt of a request other than a read checks the fence first. */
export const withWriteFence = <T>(fence: WriteFence, work: () => Promise<T>): Promise<T> =>
  writeFences.run(fence, work);

/** A change was about to be sent outside {@link withWriteFence}. It's a bug, and nothing was sent. */
class UnfencedWriteError extends Error {
  override readonly name = 'UnfencedWriteError';
}

/** The last policy before the network. */
const checkWriteFence: PipelinePolicy = {
  name: 'cmkPermit',
  async sendRequest(request, next) {
    if (!isChange(request)) return next(request);
    const fence = writeFences.getStore();
    if (fence === undefined) throw new UnfencedWriteError(`${request.method} without a write fence`);
    await fence();
    return next(request);
  },
};

/** The SDK cuts an expiry to 32 bits (4.10.2, `| 0` in its models): 2099 would become 1962. */
const sendExpiry = (expiresOn: Date): PipelinePolicy => ({
  name: 'cmkExpiry',
  sendRequest(request, next) {
    if (typeof request.body !== 'string') return next(request);
    const body = z.looseObject({ attributes: z.looseObject({}) }).parse(JSON.parse(request.body));
    const attributes = { ...body.attributes, exp: Math.floor(expiresOn.getTime() / 1_000) };
    request.body = JSON.stringify({ ...body, attributes });
    return next(request);
  },
});

export interface ClientOptions {
  readonly cloud: Cloud;
  readonly credential: TokenCredential;
  readonly limits: Limits;
  readonly clock: () => Date;
  /** Traces each attempt of each call. */
  readonly tracing: Tracing;
  /** Sends HTTP requests that no SDK client covers. */
  readonly wire: SendRequest;
}

/** Properties of a call that change its limits or its failures. */
export interface CallKind {
  /**
   * `operation`: it waits for a long-running operation, with the longest limit. `brief`: a person waits for it, with a short limit.
   * `click`: a click waits for it, with the shortest limit.
   */
  readonly limit?: 'operation' | 'brief' | 'click';
  /** It depends on key access that might be new, so a refusal can be temporary. */
  readonly dependsOnGrant?: boolean;
  /** The caller does without it if the bot has no permission, so such a refusal isn't counted. */
  readonly optional?: boolean;
}

/** For a call that is optional for a waiting person. */
export const brief: CallKind = { limit: 'brief', optional: true };

/**
 * Error codes for a missing object. A 404 without one of them is a failure: a wrong API version, a missing subscription or a
 * proxy's page must not count as a missing agent.
 */
export const missing = [
  'ResourceNotFound',
  'ResourceGroupNotFound',
  'ParentResourceNotFound',
  'NotFound',
  'KeyNotFound',
];

const ListPage = z.object({ value: z.array(z.unknown()) });
const containsList = (body: string): boolean => ListPage.safeParse(JSON.parse(body || 'null')).success;

/** Clients of one call. Creating them takes microseconds; the credential caches tokens. */
export class AzureClients {
  readonly exchange: Exchange;
  readonly plain: PlainCalls;
  private readonly options: ClientOptions;
  private readonly links = new Links();

  constructor(options: ClientOptions, kind: CallKind) {
    const { limits } = options;
    this.options = options;
    this.exchange = new Exchange(limits, options.clock, limits[`${kind.limit ?? 'call'}Ms` as const]);
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

  /** Returns a client for a key by its full address in Key Vault. */
  key(address: string): CryptographyClient {
    return new CryptographyClient(address, this.options.credential, this.vaultOptions(address));
  }

  /** Returns a client for the vault's keys, including deleted ones. `expiresOn`: the expiry of the version that it creates. */
  keysAt(vaultUri: string, expiresOn: Date | null = null): KeyClient {
    const options = this.vaultOptions(vaultUri);
    const exact = expiresOn === null ? [] : [{ policy: sendExpiry(expiresOn), position: 'perCall' as const }];
    const additionalPolicies = [...options.additionalPolicies, ...exact];
    return new KeyClient(vaultUri, this.options.credential, { ...options, additionalPolicies });
  }

  secretsAt(vaultUri: string): SecretClient {
    return new SecretClient(vaultUri, this.options.credential, this.vaultOptions(vaultUri));
  }

  /** Returns a client for Log Analytics queries. */
  logs(endpoint: string): LogsQueryClient {
    const credentials = { scopes: [`${endpoint}/.default`] };
    const options = { ...this.common(endpoint), endpoint: `${endpoint}/v1`, credentials };
    return new LogsQueryClient(this.options.credential, options);
  }

  /** Returns the value, or null if Azure refused with one of these codes. */
  async nullOn<T>(codes: readonly string[], pending: Promise<T>): Promise<T | null> {
    try {
      return await pending;
    } catch (error) {
      const reported = this.exchange.last === null ? null : azureErrorIn(this.exchange.last);
      if (reported !== null && codes.includes(reported.code)) return null;
      throw error;
    }
  }

  /** Yields the items of an SDK list. Throws `UnusableAnswer` at a page without a list, which the SDK reads as an empty one. */
  async *items<T>(list: { byPage(): AsyncIterable<readonly T[]> }): AsyncGenerator<T> {
    for await (const page of list.byPage()) {
      if (!containsList(this.exchange.last?.body ?? '')) throw new UnusableAnswer('it holds no list');
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

  /** Options of a client that calls only this endpoint's origin. */
  private common(endpoint: string) {
    return {
      ...this.transport(),
      additionalPolicies: [
        { policy: this.exchange.deadline, position: 'perCall' as const },
        { policy: this.links.requireSameOrigin(endpoint), position: 'perCall' as const },
        { policy: this.links.followRedirects(endpoint), position: 'perRetry' as const },
        { policy: traceCalls(this.options.tracing), position: 'perRetry' as const },
        { policy: renewRefusedTokens(this.options.credential), position: 'perRetry' as const },
        { policy: this.exchange.recorder, position: 'perRetry' as const },
        { policy: acquirePolicyTokens, position: 'perRetry' as const },
        { policy: checkWriteFence, position: 'perRetry' as const },
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
