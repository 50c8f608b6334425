/**
 * How the product signs in to Azure. Everything comes in as an argument. `@azure/identity` reads some of the environment
 * by itself all the same, and these names matter to whoever runs the product:
 *
 * - managed identity: `IDENTITY_ENDPOINT`, `IDENTITY_HEADER`, `IDENTITY_SERVER_THUMBPRINT`, `IMDS_ENDPOINT`,
 *   `MSI_ENDPOINT`, `MSI_SECRET` (set by App Service, Container Apps, Service Fabric, Arc), and
 *   `AZURE_POD_IDENTITY_AUTHORITY_HOST`, which moves the instance metadata endpoint;
 * - all credentials: `AZURE_AUTHORITY_HOST` where no authority is given (it always is here),
 *   `AZURE_IDENTITY_DISABLE_MULTITENANTAUTH`, `AZURE_REGIONAL_AUTHORITY_NAME`, and `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`;
 * - `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`, `AZURE_FEDERATED_TOKEN_FILE` and
 *   `AZURE_TOKEN_CREDENTIALS` are read by its `DefaultAzureCredential` and `EnvironmentCredential` only, which are not
 *   used: developers' sign-ins (command lines, editors) must never be what changes a hospital's keys. The one exception:
 *   `ManagedIdentityCredential` itself reads the first, second and fourth when a federated token file is set.
 */
import type { TokenCredential } from '@azure/core-auth';
import { ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential } from '@azure/identity';
import { z } from 'zod';
import type { Cloud } from './clouds.ts';
import { RenewableCredential } from './renewal.ts';

/** What the process was given to sign in with; the first complete one of the three is taken, in this order. */
export interface AzureSignIn {
  readonly tenantId: string;
  /** The app's or user-assigned identity's client id; null for a system-assigned identity. */
  readonly clientId: string | null;
  readonly clientSecret: string | null;
  /** Path of the token a Kubernetes cluster projects for workload identity. */
  readonly federatedTokenFile: string | null;
}

type Place = Pick<Cloud, 'name' | 'authorityHost' | 'tls'>;

/** Client secret, else workload identity, else managed identity. Asks nobody until a token is needed. */
export const openCredential = (signIn: AzureSignIn, cloud: Place): TokenCredential =>
  new RenewableCredential(() => signedInBy(signIn, cloud));

/** One sign-in, whose tokens stay what they are. */
export function signedInBy(signIn: AzureSignIn, cloud: Place): TokenCredential {
  const { tenantId, clientId, clientSecret, federatedTokenFile } = signIn;
  const options = {
    authorityHost: cloud.authorityHost,
    // Instance discovery asks the public cloud whether the authority is genuine; only a custom one is unknown there.
    disableInstanceDiscovery: cloud.name === 'custom',
    retryOptions: { maxRetries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 10_000 },
    ...cloud.tls,
  };
  if (clientId !== null && clientSecret !== null) {
    return new ClientSecretCredential(tenantId, clientId, clientSecret, options);
  }
  if (clientId !== null && federatedTokenFile !== null) {
    return new WorkloadIdentityCredential({ ...options, tenantId, clientId, tokenFilePath: federatedTokenFile });
  }
  return clientId === null ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
}

const id = z.string().toLowerCase();

/** Of version 1 tokens, which is what Azure's own services get (Microsoft's reference of access token claims). */
const Claims = z.object({
  /** The identity's object id. */
  oid: id,
  /** Its app or client id. */
  appid: id.nullish().transform((value) => value ?? null),
  /** The tenant that signed it in. */
  tid: id.nullish().transform((value) => value ?? null),
  /** Application permissions, in tokens for the service that has them. */
  roles: z.array(z.string()).default([]),
});
export type TokenClaims = z.output<typeof Claims>;

/** The claims of an access token; null where it does not say. Its signature is not looked at: it was given to the bot itself. */
function claimsIn(token: string): TokenClaims | null {
  try {
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    return Claims.parse(JSON.parse(claims));
  } catch {
    return null;
  }
}

/** What the identity's token for a scope says of it; null where it says nothing. Throws where signing in is refused. */
export async function claimsFor(credential: TokenCredential, scope: string): Promise<TokenClaims | null> {
  const token = await credential.getToken(scope);
  return token === null ? null : claimsIn(token.token);
}

/** Null: it cannot sign in, or the token says nothing. */
export const ownIdOf = (credential: TokenCredential, scope: string): Promise<string | null> =>
  claimsFor(credential, scope).then(
    (claims) => claims?.oid ?? null,
    () => null,
  );
