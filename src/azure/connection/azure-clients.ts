/** SDK clients, which live as long as the process. The record of each port call is in its asynchronous context. */

import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { ResourceManagementClient } from '@azure/arm-resources';
import type { TokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createPipelineFromOptions,
  type PipelinePolicy,
  type SendRequest,
} from '@azure/core-rest-pipeline';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import { LogsQueryClient } from '@azure/monitor-query-logs';
import { z } from 'zod';
import type { Tracing } from '../../domain/ports/telemetry.ts';
import type { Cloud } from '../clouds.ts';
import { renewRefusedTokens } from '../sign-in/renewable-credential.ts';
import { traceCalls } from './call-tracing.ts';
import { azureErrorIn } from './error-body.ts';
import { currentExchange, enforceDeadline, recordExchange, UnusableAnswer } from './exchange.ts';
import type { Limits } from './limits.ts';
import { plainCalls } from './plain-calls.ts';
import { acquirePolicyTokens } from './policy-token.ts';
import { followRedirects, requireSameOrigin } from './same-origin.ts';
import { checkWriteFence } from './write-fence.ts';

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
  readonly tracing: Tracing;
}

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

async function nullOn<T>(codes: readonly string[], pending: Promise<T>): Promise<T | null> {
  try {
    return await pending;
  } catch (error) {
    const { last } = currentExchange();
    const reported = last === null ? null : azureErrorIn(last);
    if (reported !== null && codes.includes(reported.code)) return null;
    throw error;
  }
}

/** Yields the items of an SDK list. Throws `UnusableAnswer` at a page without a list, which the SDK reads as an empty one. */
async function* items<T>(list: { byPage(): AsyncIterable<readonly T[]> }): AsyncGenerator<T> {
  for await (const page of list.byPage()) {
    if (!containsList(currentExchange().last?.body ?? '')) throw new UnusableAnswer('it holds no list');
    yield* page;
  }
}

function once<T>(create: (key: string) => T): (key: string) => T {
  const created = new Map<string, T>();
  return (key) => {
    const client = created.get(key) ?? create(key);
    created.set(key, client);
    return client;
  };
}

const httpClient = createDefaultHttpClient();

export type AzureClients = ReturnType<typeof openClients>;

export function openClients({ cloud, credential, limits, tracing }: ClientOptions) {
  /** Options of a client that calls only this endpoint's origin. */
  const common = (endpoint: string) => ({
    endpoint,
    retryOptions: {
      maxRetries: limits.retries,
      retryDelayInMs: limits.firstRetryMs,
      maxRetryDelayInMs: limits.longestRetryMs,
    },
    userAgentOptions: { userAgentPrefix: 'cmk-bot' },
    ...cloud.tls,
    additionalPolicies: [
      { policy: enforceDeadline, position: 'perCall' as const },
      { policy: requireSameOrigin(new URL(endpoint).origin), position: 'perCall' as const },
      { policy: followRedirects(new URL(endpoint).origin), position: 'perRetry' as const },
      { policy: traceCalls(tracing), position: 'perRetry' as const },
      { policy: renewRefusedTokens(credential), position: 'perRetry' as const },
      { policy: recordExchange, position: 'perRetry' as const },
      { policy: acquirePolicyTokens, position: 'perRetry' as const },
      { policy: checkWriteFence, position: 'perRetry' as const },
    ],
  });
  const arm = { ...common(cloud.armEndpoint), credentials: { scopes: [cloud.armScope] } };
  const vaultOptions = (address: string) => {
    const { endpoint: _, ...options } = common(address);
    return { ...options, disableChallengeResourceVerification: !cloud.verifyChallenges };
  };
  const graph = new ResourceGraphClient(credential, arm);

  function senderTo(endpoint: string, scopes: string): SendRequest {
    const options = common(endpoint);
    const pipeline = createPipelineFromOptions(options);
    for (const { policy, position } of options.additionalPolicies)
      pipeline.addPolicy(policy, position === 'perRetry' ? { afterPhase: 'Sign' } : {});
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes }));
    return (request) => pipeline.sendRequest(httpClient, request);
  }

  return {
    get exchange() {
      return currentExchange();
    },
    nullOn,
    items,
    plain: plainCalls(
      cloud,
      senderTo(cloud.armEndpoint, cloud.armScope),
      senderTo(cloud.graphEndpoint, cloud.graphScope),
    ),
    resources: once((subscription) => new ResourceManagementClient(credential, subscription, arm)),
    keyVault: once((subscription) => new KeyVaultManagementClient(credential, subscription, arm)),
    authorization: once(
      (subscription) =>
        new AuthorizationManagementClient(credential, subscription, { ...arm, credentialScopes: cloud.armScope }),
    ),
    resourceGraph: () => graph,
    logs: once((endpoint) => {
      const credentials = { scopes: [`${endpoint}/.default`] };
      return new LogsQueryClient(credential, { ...common(endpoint), endpoint: `${endpoint}/v1`, credentials });
    }),

    // Clients of a vault are of one call: at their first requests, the SDK's policy for the vault's challenge mixes up the
    // bodies of concurrent ones (keyvault-common 2.1.0), and the client of a key keeps the key as it was.

    key: (address: string) => new CryptographyClient(address, credential, vaultOptions(address)),
    /** Returns a client for the vault's keys, including deleted ones. `expiresOn`: the expiry of the version that it creates. */
    keysAt(vaultUri: string, expiresOn: Date | null = null): KeyClient {
      const options = vaultOptions(vaultUri);
      const exact = expiresOn === null ? [] : [{ policy: sendExpiry(expiresOn), position: 'perCall' as const }];
      const additionalPolicies = [...options.additionalPolicies, ...exact];
      return new KeyClient(vaultUri, credential, { ...options, additionalPolicies });
    },
    secretsAt: (vaultUri: string) => new SecretClient(vaultUri, credential, vaultOptions(vaultUri)),
  };
}
