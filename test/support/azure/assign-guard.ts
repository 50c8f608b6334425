/** Assigns the policies of infra/guard to a subscription, as infra/guard/main.bicep does. */
import { readdirSync, readFileSync } from 'node:fs';
import { http, type RunningAzure } from './local-azure.ts';
import { clientsOf } from './local-azure-clients.ts';
import { careId, owner } from './local-azure-names.ts';

const folder = new URL('../../../infra/guard/', import.meta.url);
const definitions: readonly { name: string; properties: object }[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));

interface Guarded {
  readonly effect: 'Deny' | 'Audit';
  readonly agents: readonly string[];
  readonly vaults: readonly string[];
  readonly vaultUris: readonly string[];
}

/** `more`: further properties of each assignment. */
export async function assignGuard(
  azure: RunningAzure,
  { effect, agents, vaults, vaultUris }: Guarded,
  more: object = {},
): Promise<void> {
  const parameters: Record<string, object> = {
    'cmk-guard-deny-strip': { effect: { value: effect }, agents: { value: agents } },
    'cmk-guard-deny-foreign-vault': { effect: { value: effect }, vaultUris: { value: vaultUris } },
    'cmk-guard-deny-delete': {
      effect: { value: effect === 'Deny' ? 'DenyAction' : 'Disabled' },
      resources: { value: [...agents, ...vaults] },
    },
  };
  const headers = { authorization: `Bearer ${await clientsOf(azure, owner).token()}` };
  const put = async (path: string, properties: object): Promise<void> => {
    const body = { properties };
    const { status } = await http(azure, 'PUT', `${path}?api-version=2023-04-01`, { headers, body });
    if (status !== 201) throw new Error(`${path}: ${status}`);
  };
  for (const { name, properties } of definitions) {
    const own = `/subscriptions/${careId}/providers/Microsoft.Authorization`;
    const policyDefinitionId = `${own}/policyDefinitions/${name}`;
    await put(policyDefinitionId, properties);
    const assignment = { displayName: name, policyDefinitionId, parameters: parameters[name], ...more };
    await put(`${own}/policyAssignments/${name}`, assignment);
  }
}
