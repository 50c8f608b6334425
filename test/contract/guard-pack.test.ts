import { botEnvironment } from '../../sandbox/bot-environment.ts';
import { assignGuard } from '../support/azure/assign-guard.ts';
import { type AzureState, withoutActions } from '../support/azure/azure-state.ts';
import { changeState, type HttpAnswer, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { agentId, careId, owner, researchId, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { cmkBot } from '../support/processes/command-line.ts';

/**
 * infra/guard: what its policies refuse to clients other than the bot, and what they let through. And `cmk-bot guard print`,
 * deployed by an owner, with what `cmk-bot guard check` then says with the bot's identity.
 */

const kept = agentId('virtual-visit-agent');
const open = agentId('vaccination-agent');
const vault = vaultId('kv-care-prod');
const apiVersion = 'api-version=2025-11-01';

const azure = simulatedAzure({ restores: true });
const admin = lazily(() => clientsOf(azure, owner));

const arm = async (method: string, path: string, body?: unknown, who = admin): Promise<HttpAnswer> =>
  http(azure, method, path, { headers: { authorization: `Bearer ${await who.token()}` }, body });
const agent = (method: string, id: string, body?: unknown, who = admin) =>
  arm(method, `${id}?${apiVersion}`, body, who);
const keyIn = (keyVaultUri: string) => ({ keyName: 'hospital-data', keyVaultUri });
const hospitalVault = () => `https://localhost:${azure.port + 2}/`;
const assign = (effect: 'Deny' | 'Audit', more: object = {}): Promise<void> => {
  const vaultUris = [hospitalVault().replace(/\/$/, ''), hospitalVault()];
  return assignGuard(azure, { effect, agents: [kept], vaults: [vault], vaultUris }, more);
};

const foreign = 'https://kv-elsewhere.vault.azure.net/';
const setKey = (id: string, vaultUri: string, who = admin) =>
  agent('PATCH', id, { properties: { keyVaultProperties: keyIn(vaultUri) } }, who);
const strip = (id: string = kept) => agent('PATCH', id, { properties: { keyVaultProperties: null } });
/** The whole agent, as a client that states it again. */
const put = (id: string, properties: object, more: object = {}) =>
  agent('PUT', id, { location: 'westeurope', sku: { name: 'C0' }, properties, ...more });

const attempts: readonly (readonly [string, () => Promise<HttpAnswer>])[] = [
  ['a key taken away', () => strip()],
  ['a key taken away under an id in capitals', () => strip(kept.toUpperCase())],
  ['an agent stated again without its key', () => put(kept, {})],
  ['an agent stated again with a tag and without its key', () => put(kept, {}, { tags: { a: 'b' } })],
  ['a key in a foreign vault', () => setKey(kept, foreign)],
  ['a key in a foreign vault for an agent without one', () => setKey(open, foreign)],
  ['an agent stated again with a key in a foreign vault', () => put(open, { keyVaultProperties: keyIn(foreign) })],
  [
    'a new agent with a key in a foreign vault',
    () => put(agentId('new-agent'), { keyVaultProperties: keyIn(foreign) }),
  ],
  ['a vault address that only begins like a permitted one', () => setKey(open, `${hospitalVault()}x/`)],
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

test('the bot’s own change passes, and so do changes that leave the key alone', async () => {
  await assign('Deny');
  expect((await setKey(open, hospitalVault(), clientsOf(azure))).status).toBe(201);
  expect((await agent('PATCH', kept, { tags: { ward: '7' } })).status).toBe(201);
});

test('turning on an identity passes, except for a listed agent that lost its key', async () => {
  const turnOn = (id: string) => agent('PATCH', id, { identity: { type: 'SystemAssigned' } }, clientsOf(azure));
  await assign('Audit');
  await strip();
  await agent('PATCH', kept, { identity: { type: 'None' } });
  await assign('Deny');
  expect((await turnOn(open)).status).toBe(201);
  const { status, body } = await turnOn(kept);
  expect([status, body.error?.code]).toEqual([403, 'RequestDisallowedByPolicy']);
  await assign('Deny', { notScopes: [kept] });
  expect((await turnOn(kept)).status).toBe(201);
});

test.each<[string, 'Deny' | 'Audit', object]>([
  ['with Audit', 'Audit', {}],
  ['for an excluded agent', 'Deny', { notScopes: [kept] }],
])('nothing is refused %s', async (_what, effect, more) => {
  await assign(effect, more);
  expect((await strip()).status).toBe(201);
});

let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const ports = { 'azure-port': azure.port, 'bot-port': 1, 'teams-port': 1, 'sign-in-port': 1 };
  env = botEnvironment({ data: azure.dataDir, ...ports, latency: 'instant', 'step-up': false, reset: false }, {});
});

const scope = `/subscriptions/${careId}`;
const authorization = `${scope}/providers/Microsoft.Authorization`;

const deployed = (method: string, path: string, body?: unknown) =>
  arm(method, `${path}?api-version=${path.includes('policyExemptions') ? '2022-07-01-preview' : '2023-04-01'}`, body);

interface Printed {
  readonly resources: readonly { readonly type: string; readonly name: string; readonly properties: object }[];
}

/** The expressions that the template has, as Azure Resource Manager would evaluate them. */
const evaluated = (properties: object, effect: 'Deny' | 'Audit'): object =>
  JSON.parse(JSON.stringify(properties), (_, value) => {
    if (typeof value !== 'string' || !value.startsWith('[')) return value;
    if (value.startsWith('[[')) return value.slice(1);
    const id = /'Microsoft.Authorization\/policyDefinitions', '([^']+)'/.exec(value)?.[1];
    if (id !== undefined) return `${authorization}/policyDefinitions/${id}`;
    if (value === "[parameters('excluded')]") return [];
    if (value === "[parameters('effect')]") return effect;
    return effect === 'Deny' ? 'DenyAction' : 'Disabled';
  });

async function deploy(effect: 'Deny' | 'Audit'): Promise<void> {
  const { code, out } = await cmkBot(['guard', 'print', '--subscription', careId], env);
  expect(code).toBe(0);
  const { resources }: Printed = JSON.parse(out);
  for (const { type, name, properties } of resources) {
    const answer = await deployed('PUT', `${scope}/providers/${type}/${name}`, {
      properties: evaluated(properties, effect),
    });
    expect([name, answer.status]).toEqual([name, 201]);
  }
}

const check = async () => {
  const { code, out } = await cmkBot(['guard', 'check', '--json'], env);
  return { code, ...JSON.parse(out) };
};
const guardOf = async (name: string) => (await check()).agents.find((one: { name: string }) => one.name === name);

test('without assignments nothing is refused, and the text says so', async () => {
  const { code, out } = await cmkBot(['guard', 'check'], env);
  expect(code).toBe(1);
  expect(out).toMatch(
    /^virtual-visit-agent +Not refused: removing the key \(not assigned\), a key in another vault \(not assigned\), deleting the agent \(not assigned\) and deleting the vault of its key \(not assigned\)$/m,
  );
  expect(out).toMatch(/^vaccination-agent +Not refused: a key in another vault \(not assigned\)$/m);
});

const all = { stripping: 'refused', anotherKey: 'refused', deletion: 'refused', vaultDeletion: 'refused' };

test('what is printed, deployed with Deny, is what the check finds', async () => {
  await deploy('Deny');
  expect(await guardOf('virtual-visit-agent')).toMatchObject(all);
  const refused = await strip();
  expect([refused.status, refused.body.error.code]).toEqual([403, 'RequestDisallowedByPolicy']);
  const { out, code } = await cmkBot(['guard', 'check'], env);
  expect(out).toMatch(
    /^virtual-visit-agent +Azure refuses: removing the key, a key in another vault, deleting the agent and deleting the vault of its key$/m,
  );
  // The other subscription has none.
  expect([code, (await check()).vaults]).toEqual([1, []]);
});

test('the check says of Audit that nothing is refused', async () => {
  await deploy('Audit');
  expect(await guardOf('virtual-visit-agent')).toMatchObject({
    ...{ stripping: 'audit-only', anotherKey: 'audit-only' },
    ...{ deletion: 'off', vaultDeletion: 'off' },
  });
});

const exempt = (expiresOn: string) => () =>
  deployed('PUT', `${kept}/providers/Microsoft.Authorization/policyExemptions/x`, {
    properties: {
      policyAssignmentId: `${authorization}/policyAssignments/cmk-guard-deny-strip`,
      exemptionCategory: 'Waiver',
      expiresOn,
    },
  });

test.each<[string, () => Promise<unknown>, object]>([
  [
    'an assignment that an owner deleted',
    () => deployed('DELETE', `${authorization}/policyAssignments/cmk-guard-deny-strip`),
    { ...all, stripping: 'not-assigned' },
  ],
  ['an exemption', exempt('2099-01-01T00:00:00Z'), { ...all, stripping: 'exempt' }],
  ['an exemption that expired', exempt('2020-01-01T00:00:00Z'), all],
  [
    'an assignment that only reports, one that is for other agents, and one with an exclusion',
    () =>
      changeState(azure, (state: AzureState) => {
        const [strip, foreign, deletion] = state.policyAssignments;
        if (strip === undefined || foreign === undefined || deletion === undefined) throw new Error('not assigned');
        strip.enforcementMode = 'DoNotEnforce';
        foreign.notScopes = [kept];
        deletion.parameters.resources = { value: [] };
      }),
    { stripping: 'audit-only', anotherKey: 'exempt', deletion: 'not-listed', vaultDeletion: 'not-listed' },
  ],
  [
    'a definition that somebody weakened',
    () =>
      changeState(azure, (state: AzureState) => {
        const [strip] = state.policyDefinitions;
        if (strip === undefined) throw new Error('not defined');
        strip.policyRule.if = { allOf: [strip.policyRule.if, { field: 'location', equals: 'nowhere' }] };
      }),
    { ...all, stripping: 'unclear' },
  ],
])('the check sees %s', async (_what, change, states) => {
  await deploy('Deny');
  await change();
  expect(await guardOf('virtual-visit-agent')).toMatchObject(states);
});

test('lists of vaults that differ are told, both ways', async () => {
  await deploy('Deny');
  await changeState(azure, (state: AzureState) => {
    const list = state.policyAssignments.find(({ name }) => name === 'cmk-guard-deny-foreign-vault');
    if (list === undefined) throw new Error('not assigned');
    list.parameters.vaultUris = { value: ['https://kv-elsewhere.vault.azure.net/'] };
  });
  const { vaults } = await check();
  expect(vaults).toEqual([
    {
      subscriptionId: careId,
      refused: expect.arrayContaining(['kv-care-prod']),
      permitted: ['https://kv-elsewhere.vault.azure.net'],
    },
  ]);
});

test('a bot without the permission says which role it needs', async () => {
  await changeState(azure, withoutActions('Microsoft.Authorization/policyAssignments/read'));
  const { code, out } = await cmkBot(['guard', 'check'], env);
  expect(code).toBe(2);
  expect(out).toContain(`Subscription ${careId} can’t be read: the bot’s identity needs the role CMK bot there`);
});

test('each subscription is printed by itself', async () => {
  const { code, err } = await cmkBot(['guard', 'print'], env);
  expect([code, err]).toEqual([2, expect.stringContaining(`--subscription: must be one of ${careId}, ${researchId}`)]);
});
