/** How the configuration leads to Azure: for the bot, and for the command line that looks after it. */
import type { AzureOptions } from './azure/azure.ts';
import { openCloud } from './azure/clouds.ts';
import { openCredential } from './azure/credential.ts';
import { type Config, cloudOf } from './config.ts';

/** Throws when a file that the configuration names cannot be read. */
export function optionsForAzure(config: Config): AzureOptions {
  const cloud = openCloud(cloudOf(config));
  const signIn = {
    tenantId: config.MicrosoftAppTenantId,
    clientId: config.AZURE_CLIENT_ID ?? null,
    clientSecret: config.AZURE_CLIENT_SECRET ?? null,
    federatedTokenFile: config.AZURE_FEDERATED_TOKEN_FILE ?? null,
  };
  const credential = openCredential(signIn, cloud);
  const { CMK_SUBSCRIPTIONS: subscriptions, CMK_AZURE_POLL: pollIntervalMs } = config;
  return { cloud, credential, subscriptions, pollIntervalMs };
}
