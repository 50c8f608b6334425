import { readdirSync, readFileSync } from 'node:fs';
import { ArmId } from '../../src/domain/ids.ts';
import { observeGuard } from '../../src/operations/read-guard.ts';
import { healthcareAgent } from '../../src/operations/resources/healthcare-agent.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { storageAccount } from '../../src/operations/resources/storage-account.ts';
import { type AzureState, withoutActions } from '../support/azure/azure-state.ts';
import { changeState, type HttpAnswer, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { agentId, careId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { connect } from './azure-setup.ts';

const folder = new URL('../../infra/guard/', import.meta.url);
const definitions: readonly { name: string; properties: object }[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));

/** infra/guard: what its policies refuse to clients other than the bot, what they let through, and what the bot says of them. */

const kept = agentId('virtual-visit-agent');
const open = agentId('vaccination-agent');
const vault = vaultId('kv-care-prod');
const apiVersion = 'api-version=2025-11-01';
const accountId = (name: string) => agentId(name).replace(healthcareAgent.type, storageAccount.type);
const account = accountId('stcareimaging');

const azure = simulatedAzure({ restores: true });
const admin = lazily(() => clientsOf(azure, owner));

const arm = async (method: string, path: string, body?: unknown, who = admin): Promise<HttpAnswer> =>
  http(azure, method, path, { headers: { authorization: `Bearer ${await who.token()}` }, body });
const agent = (method: string, id: string, body?: unknown, who = admin) =>
  arm(method, `${id}?${apiVersion}`, body, who);
const keyIn = (keyVaultUri: string) => ({ keyName: 'hospital-data', keyVaultUri });
const hospitalVault = () => `https://localhost:${azure.port + 2}/`;
const authorization = `/subscriptions/${careId}/providers/Microsoft.Authorization`;

/** As infra/guard/main.bicep does. `more`: further properties of each assignment. */
async function assign(effect: 'Deny' | 'Audit', more: object = {}): Promise<void> {
  const storageAccounts = { value: [account] };
  const vaultUris = [hospitalVault().replace(/\/$/, ''), hospitalVault()];
  const parameters: Readonly<Record<string, object>> = {
    'cmk-guard-deny-strip': { effect: { value: effect }, agents: { value: [kept] }, storageAccounts },
    'cmk-guard-deny-foreign-vault': { effect: { value: effect }, vaultUris: { value: vaultUris }, storageAccounts },
    'cmk-guard-deny-delete': {
      effect: { value: effect === 'Deny' ? 'DenyAction' : 'Disabled' },
      resources: { value: [kept, account, vault] },
    },
  };
  const put = async (path: string, properties: object): Promise<void> =>
    expect((await arm('PUT', `${path}?api-version=2023-04-01`, { properties })).status).toBe(201);
  for (const { name, properties } of definitions) {
    const policyDefinitionId = `${authorization}/policyDefinitions/${name}`;
    await put(policyDefinitionId, properties);
    const assignment = { displayName: name, policyDefinitionId, parameters: parameters[name], ...more };
    await put(`${authorization}/policyAssignments/${name}`, assignment);
  }
}

const foreign = 'https://kv-elsewhere.vault.azure.net/';
const setKey = (id: string, vaultUri: string, who = admin) =>
  agent('PATCH', id, { properties: { keyVaultProperties: keyIn(vaultUri) } }, who);
const strip = (id: string = kept) => agent('PATCH', id, { properties: { keyVaultProperties: null } });
/** The whole agent, as a client that states it again. */
const put = (id: string, properties: object, more: object = {}) =>
  agent('PUT', id, { location: 'westeurope', sku: { name: 'C0' }, properties, ...more });

/** An account's encryption, as a client states it. */
const encrypt = (id: string, encryption: object) => change(id, { properties: { encryption } });
const change = (id: string, body: object) => arm('PATCH', `${id}?api-version=2026-04-01`, body);

const attempts: readonly (readonly [string, () => Promise<HttpAnswer>])[] = [
  ['a key taken away', () => strip()],
  ['a resource stated again without its key', () => put(kept, {})],
  ['a key in a foreign vault', () => setKey(kept, foreign)],
  ['a key in a foreign vault for a resource without one', () => setKey(open, foreign)],
  ['a vault address that only begins like a permitted one', () => setKey(open, `${hospitalVault()}x/`)],
  ['a resource deleted', () => agent('DELETE', kept)],
  ['an account under Microsoft’s key', () => encrypt(account, { keySource: 'Microsoft.Storage' })],
  ['the key of an account taken away', () => encrypt(account, { keyvaultproperties: null })],
  [
    'an account under a key in a foreign vault',
    () => encrypt(account, { keyvaultproperties: { keyvaulturi: foreign } }),
  ],
  ['an account deleted', () => arm('DELETE', `${account}?api-version=2026-04-01`)],
  ['a vault deleted', () => arm('DELETE', `${vault}?api-version=2023-07-01`)],
];

test.each(attempts)('Azure refuses to an owner: %s', async (_what, attempt) => {
  await assign('Deny');
  const { status, body } = await attempt();
  expect([status, body.error?.code]).toEqual([403, 'RequestDisallowedByPolicy']);
  expect(body.error.additionalInfo[0].info.policyAssignmentName).toMatch(/^cmk-guard-/);
});

test('the bot’s own change passes, and so do changes that leave the key alone', async () => {
  await assign('Deny');
  expect((await setKey(open, hospitalVault(), clientsOf(azure))).status).toBe(201);
  expect((await agent('PATCH', kept, { tags: { ward: '7' } })).status).toBe(201);
  expect((await change(account, { tags: { ward: '7' } })).status).toBe(200);
  // Only those that are listed: the keys of others aren't the bot's business.
  expect((await encrypt(accountId('stcarelogs'), { keySource: 'Microsoft.Storage' })).status).toBe(200);
});

/** Read anew: policies are kept for a minute. */
const state = (id: string = kept) => observeGuard(connect(azure), ArmId.parse(id), new Date());

test('the bot says whether Azure Policy blocks all changes around it, some of them, or none', async () => {
  expect(await state()).toBe('none');
  await assign('Audit');
  expect(await state()).toBe('none');
  await assign('Deny');
  expect(await state()).toBe('all');
  // Listed is another agent only.
  expect(await state(open)).toBe('some');
  expect([await state(account), await state(accountId('stcarelogs'))]).toEqual(['all', 'none']);
});

test.each(definitions)('$name is about each kind by its declaration', ({ name, properties }) => {
  const rule = JSON.stringify(properties).toLowerCase();
  for (const { type, keyAt, keyMembers, with: goesWith = {} } of kinds) {
    const aliases = [`${keyAt[0]}.${keyMembers.vault}`, ...(name.endsWith('strip') ? Object.keys(goesWith) : [])];
    for (const alias of name.endsWith('delete') ? [] : aliases)
      expect(rule).toContain(`"field":"${type}/${alias}"`.toLowerCase());
    expect(rule).toContain(`"${type}"`.toLowerCase());
  }
});

const exempt = () => {
  const policyAssignmentId = `${authorization}/policyAssignments/cmk-guard-deny-strip`;
  const properties = { policyAssignmentId, exemptionCategory: 'Waiver', expiresOn: '2099-01-01T00:00:00Z' };
  const exemption = `${kept}/providers/Microsoft.Authorization/policyExemptions/x`;
  return arm('PUT', `${exemption}?api-version=2022-07-01-preview`, { properties });
};
const changedStrip = (change: (state: AzureState) => void) => () =>
  changeState(azure, (now: AzureState) => {
    // Only this one refuses a key to be removed.
    now.policyAssignments = now.policyAssignments.filter(({ name }) => name === 'cmk-guard-deny-strip');
    change(now);
  });

test.each<[string, () => Promise<unknown>, string]>([
  ['an exemption', exempt, 'some'],
  [
    'an assignment for other resources',
    changedStrip(({ policyAssignments: [strip] }) =>
      Object.assign(strip?.parameters ?? {}, { agents: { value: [open] } }),
    ),
    'none',
  ],
  [
    'a definition of before other kinds were covered',
    changedStrip(({ policyDefinitions }) => {
      for (const one of policyDefinitions)
        if ('anyOf' in one.policyRule.if && one.policyRule.if.anyOf[0]) one.policyRule.if = one.policyRule.if.anyOf[0];
    }),
    'some',
  ],
  [
    'a definition that somebody weakened',
    changedStrip(({ policyDefinitions }) => {
      for (const one of policyDefinitions)
        one.policyRule.if = { allOf: [one.policyRule.if, { field: 'location', equals: 'nowhere' }] };
    }),
    'none',
  ],
])('the bot sees %s', async (_what, change, expected) => {
  await assign('Deny');
  await change();
  expect(await state()).toBe(expected);
});

test('without the permission to read policies, nothing is said of them', async () => {
  await changeState(azure, withoutActions('Microsoft.Authorization/policyAssignments/read'));
  expect(await state()).toBeNull();
});
