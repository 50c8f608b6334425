import { assignGuard } from '../support/azure/assign-guard.ts';
import { type HttpAnswer, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { agentId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** infra/guard: what its policies refuse to clients other than the bot, and what they let through. */

const kept = agentId('virtual-visit-agent');
const open = agentId('vaccination-agent');
const vault = vaultId('kv-care-prod');
const apiVersion = 'api-version=2025-11-01';

const azure = simulatedAzure();
const admin = lazily(() => clientsOf(azure, owner));
let untouched: unknown;

const arm = async (method: string, path: string, body?: unknown, who = admin): Promise<HttpAnswer> =>
  http(azure, method, path, { headers: { authorization: `Bearer ${await who.token()}` }, body });
const agent = (method: string, id: string, body?: unknown, who = admin) =>
  arm(method, `${id}?${apiVersion}`, body, who);
const keyIn = (keyVaultUri: string) => ({ keyName: 'hospital-data', keyVaultUri });
const hospitalVault = () => `https://localhost:${azure.port + 2}/`;
const bothForms = (uri: string) => [uri.replace(/\/$/, ''), uri];

const assign = (effect: 'Deny' | 'Audit', more: object = {}): Promise<void> =>
  assignGuard(azure, { effect, agents: [kept], vaults: [vault], vaultUris: bothForms(hospitalVault()) }, more);

beforeAll(async () => {
  untouched = (await http(azure, 'GET', '/simulator/state')).body;
});
beforeEach(async () => {
  await http(azure, 'PUT', '/simulator/state', { body: untouched });
});

const foreign = 'https://kv-elsewhere.vault.azure.net/';
const whole = (properties: object) => ({ location: 'westeurope', sku: { name: 'C0' }, properties });

const attempts: readonly (readonly [string, () => Promise<HttpAnswer>])[] = [
  ['a key taken away', () => agent('PATCH', kept, { properties: { keyVaultProperties: null } })],
  [
    'a key taken away under an id in capitals',
    () => agent('PATCH', kept.toUpperCase(), { properties: { keyVaultProperties: null } }),
  ],
  ['an agent stated again without its key', () => agent('PUT', kept, whole({}))],
  [
    'an agent stated again with a tag and without its key',
    () => agent('PUT', kept, { ...whole({}), tags: { a: 'b' } }),
  ],
  ['a key in a foreign vault', () => agent('PATCH', kept, { properties: { keyVaultProperties: keyIn(foreign) } })],
  [
    'a key in a foreign vault for an agent without one',
    () => agent('PATCH', open, { properties: { keyVaultProperties: keyIn(foreign) } }),
  ],
  [
    'an agent stated again with a key in a foreign vault',
    () => agent('PUT', open, whole({ keyVaultProperties: keyIn(foreign) })),
  ],
  [
    'a new agent with a key in a foreign vault',
    () => agent('PUT', agentId('new-agent'), whole({ keyVaultProperties: keyIn(foreign) })),
  ],
  [
    'a vault address that only begins like a permitted one',
    () => agent('PATCH', open, { properties: { keyVaultProperties: keyIn(`${hospitalVault()}x/`) } }),
  ],
  ['an agent deleted', () => agent('DELETE', kept)],
  ['an agent deleted under an id in capitals', () => agent('DELETE', kept.toUpperCase())],
  ['a vault deleted', () => arm('DELETE', `${vault}?api-version=2023-07-01`)],
];

test.each(attempts)('Azure refuses to an owner: %s', async (_what, attempt) => {
  await assign('Deny');
  const { status, body } = await attempt();
  expect([status, body.error?.code]).toEqual([403, 'RequestDisallowedByPolicy']);
  expect(body.error.additionalInfo[0].info.policyAssignmentName).toMatch(/^cmk-guard-/);
});

test.each(attempts)('without the assignment, nothing of it names a policy: %s', async (_what, attempt) => {
  const { body } = await attempt();
  expect(body?.error?.code).not.toBe('RequestDisallowedByPolicy');
});

test('the bot’s own change passes, and so do changes that leave the key alone', async () => {
  await assign('Deny');
  const key = { properties: { keyVaultProperties: keyIn(hospitalVault()) } };
  expect((await agent('PATCH', open, key, clientsOf(azure))).status).toBe(201);
  expect((await agent('PATCH', kept, { tags: { ward: '7' } })).status).toBe(201);
});

test('with Audit nothing is refused, and an excluded agent is let through', async () => {
  const strip = () => agent('PATCH', kept, { properties: { keyVaultProperties: null } });
  await assign('Audit');
  expect((await strip()).status).toBe(201);
  await http(azure, 'PUT', '/simulator/state', { body: untouched });
  await assign('Deny', { notScopes: [kept] });
  expect((await strip()).status).toBe(201);
});
