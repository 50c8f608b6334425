/** Resource Graph asked by the SDK and nothing else: the least that a list of agents can cost. */
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { tokenFor } from './agents.ts';
import type { Ground } from './product.ts';

const inAll = (found: string): string => `resources | where type =~ 'microsoft.healthbot/healthbots' | ${found}`;
export const everyAgent = inAll('project id, name, cmk=properties.keyVaultProperties | order by id asc');
const listed =
  'project id, name, location, resourceGroup, subscriptionId, cmkVault=tostring(properties.keyVaultProperties.keyVaultUri) | order by name asc';
export const firstAgents = inAll(`${listed} | limit 16`);
export const agentsWith = (part: string): string => inAll(`where name contains '${part}' | ${listed} | limit 15`);

const subscriptions = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];

/** Reads a query's answer to its last page. */
export async function bareGraph({ azure }: Pick<Ground, 'azure'>): Promise<(query: string) => Promise<void>> {
  const token = await tokenFor(azure);
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const client = new ResourceGraphClient(credential, {
    endpoint: azure.url,
    credentials: { scopes: [`${azure.url}/.default`] },
    tlsOptions: { ca: azure.ca },
  });
  return async (query) => {
    for (let skipToken: string | undefined, more = true; more; more = skipToken !== undefined) {
      const options = { top: 1_000, resultFormat: 'objectArray' as const, ...(skipToken ? { skipToken } : {}) };
      ({ skipToken } = await client.resources({ subscriptions, query, options }));
    }
  };
}
