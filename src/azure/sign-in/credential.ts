/**
 * Credential for Azure. All input comes as arguments, but `@azure/identity` also reads environment variables:
 * - managed identity: `IDENTITY_ENDPOINT`, `IDENTITY_HEADER`, `IDENTITY_SERVER_THUMBPRINT`, `IMDS_ENDPOINT`, `MSI_ENDPOINT`,
 * `MSI_SECRET` (set by App Service, Container Apps, Service Fabric, Arc), and `AZURE_POD_IDENTITY_AUTHORITY_HOST`, which
 * changes the instance metadata endpoint;
 * - all credentials: `AZURE_AUTHORITY_HOST` if no authority is given (it always is here),
 * `AZURE_IDENTITY_DISABLE_MULTITENANTAUTH`, `AZURE_REGIONAL_AUTHORITY_NAME`, and `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`;
 * - only `DefaultAzureCredential` and `EnvironmentCredential` read `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`,
 * `AZURE_FEDERATED_TOKEN_FILE` and `AZURE_TOKEN_CREDENTIALS`. They aren't used here: a developer's sign-in (command line,
 * editor) must never change a hospital's keys. One exception: `ManagedIdentityCredential` itself reads the first, second and
 * fourth if a federated token file is set.
 */
import type { TokenCredential } from '@azure/core-auth';
import { ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential } from '@azure/identity';
import type { Cloud } from '../clouds.ts';
import { RenewableCredential } from './renewable-credential.ts';

/** Sign-in settings. The first complete one of the three ways is used, in this order: secret, token file, managed identity. */
export interface AzureSignIn {
  readonly tenantId: string;
  readonly clientId: string | null;
  readonly clientSecret: string | null;
  /** Path of the token that a Kubernetes cluster projects for workload identity. */
  readonly federatedTokenFile: string | null;
}

type Place = Pick<Cloud, 'name' | 'authorityHost' | 'tls'>;

/**
 * Returns a credential: client secret, else workload identity, else managed identity. Sends no request until a token is needed.
 */
export const openCredential = (signIn: AzureSignIn, cloud: Place): TokenCredential =>
  new RenewableCredential(() => signedInBy(signIn, cloud));

/** Returns one SDK credential, without the renewal of refused tokens. */
export function signedInBy(signIn: AzureSignIn, cloud: Place): TokenCredential {
  const { tenantId, clientId, clientSecret, federatedTokenFile } = signIn;
  const options = {
    authorityHost: cloud.authorityHost,
    // Instance discovery asks the public cloud whether the authority is genuine. Only a custom authority is unknown there.
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
