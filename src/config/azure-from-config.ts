/** How the configuration leads to Azure: for the bot, and for the command line that looks after it. */
import type { AzureOptions } from '../azure/azure.ts';
import { openCloud } from '../azure/clouds.ts';
import { openCredential } from '../azure/credential.ts';
import { type Secrets, vaultSecrets } from '../azure/vault-clients.ts';
import { connectVaultLog } from '../azure/vault-log.ts';
import type { VaultLog } from '../domain/ports/azure.ts';
import { noTracing, type Tracing } from '../domain/ports/tracing.ts';
import { kinds } from '../operations/resources/registry.ts';
import type { Config } from './config.ts';

/** Throws when a file that the configuration names cannot be read. */
export function optionsForAzure({ azure }: Pick<Config, 'azure'>): AzureOptions {
  const cloud = openCloud(azure.cloud);
  const credential = openCredential(azure.signIn, cloud);
  return { kinds, cloud, credential, subscriptions: azure.subscriptions, pollIntervalMs: azure.pollMs };
}

/** As the bot itself. Throws as {@link optionsForAzure} does. */
export const secretsFor = (config: Pick<Config, 'azure'>): Secrets => vaultSecrets(optionsForAzure(config));

/** Null where no workspace is configured. Throws as {@link optionsForAzure} does. */
export function vaultLogFor(config: Pick<Config, 'azure' | 'logs'>, tracing: Tracing = noTracing): VaultLog | null {
  const options = optionsForAzure(config);
  const { logsEndpoint: endpoint } = options.cloud;
  if (config.logs === null || endpoint === null) return null;
  return connectVaultLog({ ...options, workspaceId: config.logs.workspaceId, endpoint, tracing });
}

/**
 * How the bot signs in to Bot Framework: as the app, at its cloud's login server or the one that is configured. The sign-in to
 * Azure may be another, and its settings are not looked at here.
 */
export function credentialForBotFramework({
  azure,
  teams,
}: Pick<Config, 'azure' | 'teams'>): AzureOptions['credential'] {
  const { tenantId, app, framework } = teams;
  const cloud = openCloud(azure.cloud);
  const url = framework.loginUrl === null ? null : new URL(framework.loginUrl);
  const signIn = {
    tenantId: url?.pathname.split('/')[1] || tenantId,
    clientId: app.id,
    clientSecret: app.secret,
    federatedTokenFile: null,
  };
  if (url !== null) return openCredential(signIn, { name: 'custom', authorityHost: url.origin, tls: cloud.tls });
  return openCredential(signIn, cloud.name === 'custom' ? openCloud({ name: 'public' }) : cloud);
}
