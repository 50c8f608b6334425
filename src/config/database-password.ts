/** How the bot, and the command line that looks after it, sign in to a database on a server. */
import { openCloud } from '../azure/clouds.ts';
import { openCredential } from '../azure/credential.ts';
import type { Config } from './config.ts';
import { processVariables, type Variables } from './env.ts';
import { readConfig } from './read-config.ts';

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
