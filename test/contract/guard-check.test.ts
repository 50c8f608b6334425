import { botEnvironment } from '../../src/sandbox/bot-environment.ts';
import { type AzureState, withoutActions } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { agentId, careId, owner, researchId } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';
import { cmkBot } from '../support/processes/command-line.ts';

/** `cmk-bot guard print`, deployed by an owner, and what `cmk-bot guard check` then says with the bot's identity. */

const azure = simulatedAzure({ restores: true });
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const ports = { 'azure-port': azure.port, 'bot-port': 1, 'teams-port': 1, 'sign-in-port': 1 };
  env = botEnvironment({ data: azure.dataDir, ...ports, latency: 'instant', 'step-up': false, reset: false }, {});
});

const scope = `/subscriptions/${careId}`;
const kept = agentId('virtual-visit-agent');
const authorization = `${scope}/providers/Microsoft.Authorization`;

async function arm(method: string, path: string, body?: unknown) {
  const version = path.includes('policyExemptions') ? '2022-07-01-preview' : '2023-04-01';
  const headers = { authorization: `Bearer ${await clientsOf(azure, owner).token()}` };
  return http(azure, method, `${path}?api-version=${version}`, { headers, body });
}

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
    const answer = await arm('PUT', `${scope}/providers/${type}/${name}`, {
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
  const strip = { properties: { keyVaultProperties: null } };
  const headers = { authorization: `Bearer ${await clientsOf(azure, owner).token()}` };
  const refused = await http(azure, 'PATCH', `${kept}?api-version=2025-11-01`, { headers, body: strip });
  expect([refused.status, refused.body.error.code]).toEqual([403, 'RequestDisallowedByPolicy']);
  const { out, code } = await cmkBot(['guard', 'check'], env);
  expect(out).toMatch(
    /^virtual-visit-agent +Azure refuses: removing the key, a key in another vault, deleting the agent and deleting the vault of its key$/m,
  );
  // The other subscription has none.
  expect([code, (await check()).vaults]).toEqual([1, []]);
});

test('with Audit nothing is refused', async () => {
  await deploy('Audit');
  expect(await guardOf('virtual-visit-agent')).toMatchObject({
    ...{ stripping: 'audit-only', anotherKey: 'audit-only' },
    ...{ deletion: 'off', vaultDeletion: 'off' },
  });
});

const exemption = (expiresOn: string) => ({
  properties: {
    policyAssignmentId: `${authorization}/policyAssignments/cmk-guard-deny-strip`,
    exemptionCategory: 'Waiver',
    expiresOn,
  },
});

test.each<[string, () => Promise<unknown>, object]>([
  [
    'an assignment that an owner deleted',
    () => arm('DELETE', `${authorization}/policyAssignments/cmk-guard-deny-strip`),
    { ...all, stripping: 'not-assigned' },
  ],
  [
    'an exemption',
    () => arm('PUT', `${kept}/providers/Microsoft.Authorization/policyExemptions/x`, exemption('2099-01-01T00:00:00Z')),
    { ...all, stripping: 'exempt' },
  ],
  [
    'an exemption that expired',
    () => arm('PUT', `${kept}/providers/Microsoft.Authorization/policyExemptions/x`, exemption('2020-01-01T00:00:00Z')),
    all,
  ],
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
