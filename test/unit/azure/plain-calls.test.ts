import { templateOf } from '../../../src/azure/plain-calls.ts';

const id = '40000000-0000-4000-8000-000000000001';
const arm = 'https://management.azure.com';

it.each([
  [
    `${arm}/subscriptions/${id}/resourceGroups/rg-ward/providers/Microsoft.HealthBot/healthBots/ward-agent?api-version=1`,
    '/subscriptions/{id}/resourceGroups/{name}/providers/Microsoft.HealthBot/healthBots/{name}',
  ],
  [
    `${arm}/subscriptions/${id}/resourcegroups/providers/providers/Microsoft.KeyVault/vaults/keys/keys/vaults/versions`,
    '/subscriptions/{id}/resourcegroups/{name}/providers/Microsoft.KeyVault/vaults/{name}/keys/{name}/versions',
  ],
  [`${arm}/providers/Microsoft.ResourceGraph/resources?api-version=1`, '/providers/Microsoft.ResourceGraph/resources'],
  [
    `${arm}/subscriptions/${id}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v/providers/Microsoft.Authorization/roleAssignments/${id}`,
    '/subscriptions/{id}/resourceGroups/{name}/providers/Microsoft.KeyVault/vaults/{name}/providers/Microsoft.Authorization/roleAssignments/{id}',
  ],
  [`https://graph.microsoft.com/v1.0/users/${id}/checkMemberGroups`, '/v1.0/users/{id}/checkMemberGroups'],
  ['https://graph.microsoft.com/v1.0/users/nurse@hospital.org?$select=id', '/v1.0/users/{name}'],
  ['https://kv-ward.vault.azure.net/keys/ward-key/0123456789abcdef0123456789abcdef', '/keys/{name}/{id}'],
  [
    'https://kv-ward.vault.azure.net/keys/ward-key/0123456789abcdef0123456789abcdef/wrapkey?api-version=7.5',
    '/keys/{name}/{id}/wrapkey',
  ],
  [arm, '/'],
])('what is told of the address of a call %s', (url, template) => expect(templateOf(url)).toBe(template));
