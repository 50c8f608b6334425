import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { ResourceManagementClient } from '@azure/arm-resources';
import { ClientSecretCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import type { RunningAzure } from './local-azure.ts';
import { bot, careId, tenantId } from './local-azure-names.ts';

export const encryptionUser = 'e147488a-f6f5-4113-8e2d-b22465e65bf6';

const armScope = 'https://management.azure.com/.default';

/** The official clients, unmodified, signed in as one principal. */
export const clientsOf = (azure: RunningAzure, who: { readonly id: string; readonly secret: string } = bot) => {
  const tlsOptions = { ca: azure.ca };
  const credential = new ClientSecretCredential(tenantId, who.id, who.secret, {
    authorityHost: azure.url,
    disableInstanceDiscovery: true,
    tlsOptions,
  });
  const endpoint = azure.url;
  const retryOptions = { maxRetries: 0 };
  return {
    credential,
    token: async (scope = armScope) => (await credential.getToken(scope)).token,
    resources: (subscriptionId = careId) =>
      new ResourceManagementClient(credential, subscriptionId, { endpoint, tlsOptions, retryOptions }),
    vaults: (subscriptionId = careId) =>
      new KeyVaultManagementClient(credential, subscriptionId, {
        endpoint,
        tlsOptions,
        retryOptions,
        credentials: { scopes: [armScope] },
      }),
    authorization: (subscriptionId = careId) =>
      new AuthorizationManagementClient(credential, subscriptionId, {
        endpoint,
        tlsOptions,
        retryOptions,
        credentialScopes: [armScope],
      }),
    graph: () => new ResourceGraphClient(credential, { endpoint, tlsOptions, retryOptions }),
    keys: (vaultUrl: string) =>
      new KeyClient(vaultUrl, credential, { tlsOptions, retryOptions, disableChallengeResourceVerification: true }),
    secrets: (vaultUrl: string) =>
      new SecretClient(vaultUrl, credential, { tlsOptions, retryOptions, disableChallengeResourceVerification: true }),
    cryptography: (keyId: string) =>
      new CryptographyClient(keyId, credential, {
        tlsOptions,
        retryOptions,
        disableChallengeResourceVerification: true,
      }),
  };
};

export type Clients = ReturnType<typeof clientsOf>;

const apiVersion = '2025-11-01';

export const readAgent = (clients: Clients, id: string) =>
  clients.resources().resources.getById(id.slice(1), apiVersion);

/** PATCHes an agent and waits for the operation to end, as the official client does it. */
export const writeAgent = (clients: Clients, id: string, body: object) =>
  clients.resources().resources.updateById(id.slice(1), apiVersion, body, { updateIntervalInMs: 50 }).pollUntilDone();

export const giveIdentity = async (clients: Clients, id: string): Promise<string> => {
  const agent = await writeAgent(clients, id, { identity: { type: 'SystemAssigned' } });
  const principalId = agent.identity?.principalId;
  if (principalId === undefined) throw new Error('the agent has no principal');
  return principalId;
};

export const grantOnKey = (clients: Clients, name: string, vault: string, key: string, principalId: string) =>
  clients.authorization().roleAssignments.create(`${vault}/keys/${key}`, name, {
    roleDefinitionId: `/subscriptions/${careId}/providers/Microsoft.Authorization/roleDefinitions/${encryptionUser}`,
    principalId,
    principalType: 'ServicePrincipal',
  });

/** The code of a refusal thrown by any of the clients; the error itself when it has none. */
export const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'no refusal';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
};

export const messageOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'no refusal';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
