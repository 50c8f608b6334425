/** Opens Azure clients from the configuration, for the bot and for the operator's commands. */
import type { AzureOptions } from '../azure/azure.ts';
import { openCloud } from '../azure/clouds.ts';
import { openCredential } from '../azure/sign-in/credential.ts';
import { kinds } from '../operations/resources/registry.ts';
import { type Config, readConfig } from './config.ts';
import { processVariables, type Variables } from './env.ts';

/** Throws if a configured file can't be read. */
export function optionsForAzure({ azure, logs }: Pick<Config, 'azure'> & Partial<Pick<Config, 'logs'>>): AzureOptions {
  const cloud = openCloud(azure.cloud);
  const credential = openCredential(azure.signIn, cloud);
  const workspaceId = logs?.workspaceId ?? null;
  const { kinds: enabled, subscriptions, pollMs: pollIntervalMs } = azure;
  return { kinds, enabled, cloud, credential, subscriptions, pollIntervalMs, workspaceId };
}

/**
 * Opens the credential for Bot Framework: the bot's app, at its cloud's login server or the configured one. The sign-in to
 * Azure can be a different one, and its settings aren't used here.
 */
export function credentialForBotFramework({ azure, teams }: Pick<Config, 'azure' | 'teams'>) {
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

type DatabasePassword = (() => Promise<string>) | null;

/**
 * Returns a token source for the identity that is the database user: the bot's own, or the owner of the tables. An open
 * connection outlives its token, so each new connection gets one. The credential caches valid tokens.
 */
export function databasePassword(
  { azure, databaseSignIn }: Pick<Config, 'azure' | 'databaseSignIn'>,
  user: 'bot' | 'owner',
): DatabasePassword {
  if (databaseSignIn.by === 'password') return null;
  const cloud = openCloud(azure.cloud);
  const clientId = user === 'owner' ? databaseSignIn.ownerClientId : null;
  const signIn = clientId === null ? azure.signIn : { ...azure.signIn, clientId, clientSecret: null };
  const credential = openCredential(signIn, cloud);
  return async () => {
    const token = await credential.getToken(cloud.databaseScope);
    if (token === null) throw new Error('signing in to the database: Entra gave no token');
    return token.token;
  };
}

/** Returns the bot's own password source. With token sign-in, the bot's whole configuration must be set. */
export const readDatabasePassword = (variables: Variables = processVariables()): DatabasePassword =>
  variables.CMK_DATABASE_SIGN_IN === 'entra' ? databasePassword(readConfig(variables), 'bot') : null;
