/** How the configuration leads to Azure: for the bot, and for the command line that looks after it. */
import type { AzureOptions } from '../azure/azure.ts';
import { openCloud } from '../azure/clouds.ts';
import { openCredential } from '../azure/credential.ts';
import { type Secrets, vaultSecrets } from '../azure/vault-clients.ts';
import { connectVaultLog } from '../azure/vault-log.ts';
import type { VaultLog } from '../domain/ports/azure.ts';
import { noTracing, type Tracing } from '../domain/ports/tracing.ts';
import { kinds } from '../operations/resources/registry.ts';
import { type Config, readConfig } from './config.ts';
import { processVariables, type Variables } from './env.ts';

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

/** What the database is given for each connection; null: the password that its address has, if any. */
export type DatabasePassword = (() => Promise<string>) | null;

/**
 * Tokens of the identity that the database knows as its user: the bot's own, or the one that owns the tables. A connection that
 * is open outlives its token, so one is asked for with each new connection; the credential keeps those that still hold.
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

/** As the bot itself would, where tokens are wanted: then all of the bot's configuration has to be there. */
export const readDatabasePassword = (variables: Variables = processVariables()): DatabasePassword =>
  variables.CMK_DATABASE_SIGN_IN === 'entra' ? databasePassword(readConfig(variables), 'bot') : null;

/** The same for whoever takes an address alone. */
export async function withPassword(url: string, password: DatabasePassword): Promise<string> {
  if (password === null) return url;
  const address = new URL(url);
  address.password = encodeURIComponent(await password());
  return address.href;
}
