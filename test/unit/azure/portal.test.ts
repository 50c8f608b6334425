import { openCloud } from '../../../src/azure/clouds.ts';
import { openPortal } from '../../../src/azure/resource-ids.ts';
import { ArmId, KeyName, KeyVersion } from '../../../src/domain/ids.ts';
import { link } from '../../../src/teams/cards/plain-text.ts';

const tenant = '30000000-0000-4000-8000-000000000001';
const group = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups';
const agent = ArmId.parse(`${group}/rg-care/providers/Microsoft.HealthBot/healthBots/triage`);
const name = KeyName.parse('cmk-triage');
const version = KeyVersion.parse('5'.repeat(32));
const of = (cloud: 'public' | 'usgovernment' | 'china') => openPortal(openCloud({ name: cloud }), tenant);

it.each([
  ['public', 'https://portal.azure.com', 'vault.azure.net'],
  ['china', 'https://portal.azure.cn', 'vault.azure.cn'],
] as const)('leads to the portal of the %s cloud', (cloud, origin, suffix) => {
  expect(of(cloud)?.resource(agent)).toBe(`${origin}/#@${tenant}/resource${agent}`);
  expect(of(cloud)?.key(`https://KV-care.${suffix}/`, name, version)).toBe(
    `${origin}/#@${tenant}/asset/Microsoft_Azure_KeyVault/Key/https://KV-care.${suffix}/keys/cmk-triage/${'5'.repeat(32)}`,
  );
});

it.each([
  'https://kv-care.vault.azure.cn/',
  'https://kv-care.vault.azure.net.example.com/',
  'https://kv-care.vault.azure.net/x)](https://example.com',
  '',
])('leads to no key of the vault at %p', (uri) => expect(of('public')?.key(uri, name, version)).toBeNull());

it('ends no link early, whatever a group is called', () => {
  const odd = ArmId.parse(`${group}/Pflege (Süd)]*'!/providers/Microsoft.HealthBot/healthBots/triage`);
  const url = of('public')?.resource(odd) ?? '';
  expect(url).toContain('/Pflege%20%28S%C3%BCd%29%5D%2A%27%21/');
  expect(link('Agent', url)).toBe(`[Agent](${url})`);
});

it.each(['http://portal.azure.com/x', 'https://portal.azure.com/x)'])('makes no link to %p', (url) =>
  expect(() => link('Agent', url)).toThrow('not an address'),
);
