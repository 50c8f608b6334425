/**
 * Reads the tenant with the sign-in of the person who sets up the bot: that of the Azure CLI, or another that
 * `DefaultAzureCredential` finds. The bot itself never uses it, and nothing is changed.
 */
import type { TokenCredential } from '@azure/core-auth';
import { DefaultAzureCredential } from '@azure/identity';
import { z } from 'zod';
import { done } from '../domain/failure.ts';
import type { ResourceKind } from '../domain/ports/inventory.ts';
import { connectAzure, connectionOf } from './azure.ts';
import type { AzureClients } from './azure-clients.ts';
import type { Cloud } from './clouds.ts';
import { payloadOf } from './credential.ts';
import { graphGroups } from './directory.ts';

const Claims = z.object({
  tid: z.string().toLowerCase(),
  upn: z.string().optional(),
  name: z.string().optional(),
  appid: z.string().optional(),
});

const Principals = z.object({
  value: z.array(
    z.object({
      id: z.string(),
      appId: z.string(),
      displayName: z.string(),
      servicePrincipalType: z.string().nullish(),
    }),
  ),
});
const Groups = z.object({ value: z.array(z.object({ id: z.string(), displayName: z.string() })) });
const Subscription = z.object({ subscriptionId: z.string(), displayName: z.string() });

/** Returns the credential of the person at this machine. */
const operatorCredential = (cloud: Pick<Cloud, 'name' | 'authorityHost' | 'tls'>): TokenCredential =>
  new DefaultAzureCredential({
    authorityHost: cloud.authorityHost,
    disableInstanceDiscovery: cloud.name === 'custom',
    ...cloud.tls,
  });

const quoted = (text: string): string => encodeURIComponent(`'${text.replaceAll("'", "''")}'`);

async function findIdentities(clients: AzureClients, named: string) {
  const field = z.guid().safeParse(named).success ? 'appId' : 'displayName';
  const path = `/v1.0/servicePrincipals?$filter=${field}%20eq%20${quoted(named)}&$select=id,appId,displayName,servicePrincipalType`;
  return Principals.parse(await clients.plain.graph(path)).value.map((one) => ({
    objectId: one.id,
    clientId: one.appId,
    name: one.displayName,
    isManaged: one.servicePrincipalType === 'ManagedIdentity',
  }));
}

/** Creates the reader. Sends no request until a method is called. */
export function operatorAzure(cloud: Cloud, kinds: readonly ResourceKind[], credential = operatorCredential(cloud)) {
  const options = { cloud, credential, kinds, subscriptions: [] };
  const connection = connectionOf(options);
  const counts = async (id: string) => {
    const { inventory } = connectAzure({ ...options, subscriptions: [id] });
    const [agents, vaults] = await Promise.all([inventory.resources('', 1_000), inventory.vaults()]);
    return { agents: agents.ok ? agents.value.length : null, vaults: vaults.ok ? vaults.value.length : null };
  };
  return {
    me: () =>
      connection.call('looking who is signed in', async () => {
        const token = await credential.getToken(cloud.armScope);
        const claims = Claims.parse(payloadOf(token?.token ?? ''));
        return { name: claims.upn ?? claims.name ?? claims.appid ?? 'an unknown account', tenantId: claims.tid };
      }),
    subscriptions: async () => {
      const listed = await connection.call('listing subscriptions', (clients) =>
        clients.plain.listAll('/subscriptions?api-version=2022-12-01', Subscription),
      );
      if (!listed.ok) return listed;
      const each = listed.value.map(async ({ subscriptionId: id, displayName: name }) => ({
        id,
        name,
        ...(await counts(id)),
      }));
      return done(await Promise.all(each));
    },
    identities: (named: string) =>
      connection.call(`looking for ${named}`, (clients) => findIdentities(clients, named), { limit: 'brief' }),
    /** Groups whose names begin with this text. */
    groups: (beginning: string) =>
      connection.call(
        `looking for groups that begin with ${beginning}`,
        async (clients) => {
          const path = `/v1.0/groups?$filter=startswith(displayName,${quoted(beginning)})&$select=id,displayName`;
          return Groups.parse(await clients.plain.graph(path)).value.map(({ id, displayName: name }) => ({ id, name }));
        },
        { limit: 'brief' },
      ),
    holder: graphGroups(connection).look,
  };
}
