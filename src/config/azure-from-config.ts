/** How the configuration leads to Azure: for the bot, and for the command line that looks after it. */
import type { AzureOptions } from '../azure/azure.ts';
import { openCloud } from '../azure/clouds.ts';
import { openCredential } from '../azure/credential.ts';
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

/**
 * How the bot signs in to Bot Framework: as the app, at its cloud's login server or the one that is configured. The sign-in to
 * Azure may be another, and its variables are not looked at here.
 */
export function credentialForBotFramework(config: Config): AzureOptions['credential'] {
  const { MicrosoftAppId, MicrosoftAppTenantId, MicrosoftAppPassword, ToChannelFromBotLoginUrl: login } = config;
  const cloud = openCloud(cloudOf(config));
  const url = login === undefined ? null : new URL(login);
  const signIn = {
    tenantId: url?.pathname.split('/')[1] || MicrosoftAppTenantId,
    clientId: MicrosoftAppId ?? null,
    clientSecret: config.MicrosoftAppType === 'SingleTenant' ? (MicrosoftAppPassword ?? null) : null,
    federatedTokenFile: null,
  };
  if (url !== null) return openCredential(signIn, { name: 'custom', authorityHost: url.origin, tls: cloud.tls });
  return openCredential(signIn, cloud.name === 'custom' ? openCloud({ name: 'public' }) : cloud);
}
