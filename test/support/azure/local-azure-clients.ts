import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import { ResourceManagementClient } from '@azure/arm-resources';
import { ClientSecretCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import type { RunningAzure } from './local-azure.ts';
import { bot, careId, tenantId } from './local-azure-names.ts';

const armScope = 'https://management.azure.com/.default';

/** The official clients, unmodified, signed in as one principal. */
export const clientsOf = (azure: RunningAzure, who: { readonly id: string; readonly secret: string } = bot) => {
  const tlsOptions = { ca: azure.ca };
  const credential = new ClientSecretCredential(tenantId, who.id, who.secret, {
    authorityHost: azure.url,
    disableInstanceDiscovery: true,
    tlsOptions,
  });
  const retryOptions = { maxRetries: 0 };
  const ofArm = { endpoint: azure.url, tlsOptions, retryOptions };
  const ofVault = { tlsOptions, retryOptions, disableChallengeResourceVerification: true };
  return {
    credential,
    token: async (scope = armScope) => (await credential.getToken(scope)).token,
    resources: (subscriptionId = careId) => new ResourceManagementClient(credential, subscriptionId, ofArm),
    vaults: (subscriptionId = careId) =>
      new KeyVaultManagementClient(credential, subscriptionId, { ...ofArm, credentials: { scopes: [armScope] } }),
    authorization: (subscriptionId = careId) =>
      new AuthorizationManagementClient(credential, subscriptionId, { ...ofArm, credentialScopes: [armScope] }),
    keys: (vaultUrl: string) => new KeyClient(vaultUrl, credential, ofVault),
    secrets: (vaultUrl: string) => new SecretClient(vaultUrl, credential, ofVault),
    cryptography: (keyId: string) => new CryptographyClient(keyId, credential, ofVault),
  };
};

export type Clients = ReturnType<typeof clientsOf>;

const apiVersion = '2025-11-01';

/** PATCHes an agent and waits for the operation to end, as the official client does it. */
export const writeAgent = (clients: Clients, id: string, body: object) =>
  clients.resources().resources.updateById(id.slice(1), apiVersion, body, { updateIntervalInMs: 50 }).pollUntilDone();

const noRefusal = (): string => 'no refusal';

/** The code of a refusal thrown by any of the clients; the error itself when it has none. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(noRefusal, (error: unknown) =>
    error instanceof Error && 'code' in error ? String(error.code) : String(error),
  );

export const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(noRefusal, (error: unknown) => (error instanceof Error ? error.message : String(error)));
