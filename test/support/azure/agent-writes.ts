import { type HttpAnswer, http, type RunningAzure } from './local-azure.ts';
import { agentId } from './local-azure-names.ts';

/** The agent that is under a key from the start, written and looked at without a client in between. */
export const visitAgent = agentId('virtual-visit-agent');

/** The key it is under, and one in the same vault that nobody granted. */
export const ownKey = 'cmk-virtual-visit';
export const foreignKey = 'hospital-data';

const version = '?api-version=2025-11-01';

export const agentWrites = (azure: RunningAzure, headers: Readonly<Record<string, string>>) => ({
  setKey: (keyName: string): Promise<HttpAnswer> => {
    const keyVaultProperties = { keyName, keyVaultUri: `https://localhost:${azure.port + 2}/` };
    const body = { properties: { keyVaultProperties } };
    return http(azure, 'PATCH', `${visitAgent}${version}`, { headers, body });
  },
  read: () => http(azure, 'GET', `${visitAgent}${version}`, { headers }),
  properties: async () => (await http(azure, 'GET', `${visitAgent}${version}`, { headers })).body.properties,
  poll: (written: HttpAnswer) =>
    http(azure, 'GET', String(written.headers['azure-asyncoperation']).slice(azure.url.length), { headers }),
});
export type AgentWrites = ReturnType<typeof agentWrites>;
