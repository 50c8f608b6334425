import { randomUUID } from 'node:crypto';
import type { AzureState } from '../support/azure/azure-state.ts';
import { changeState, type HttpAnswer, http } from '../support/azure/local-azure.ts';
import {
  type Clients,
  clientsOf,
  codeOf,
  innerCodeOf,
  messageOf,
  writeAgent,
} from '../support/azure/local-azure-clients.ts';
import { agentId, bot, careId, owner, researchId, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** What a caller is let through by, and what stops it all the same: roles, access policies, deny assignments and policies. */

const azure = simulatedAzure({ restores: true });
const clients = lazily(() => clientsOf(azure));
const owners = lazily(() => clientsOf(azure, owner));

const care = `/subscriptions/${careId}`;
const vault = vaultId('kv-care-prod');

const given = (who: Clients, scope: string, role: string, principalId: string) =>
  who.authorization().roleAssignments.create(scope, randomUUID(), {
    roleDefinitionId: `${care}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
    principalId,
    principalType: 'ServicePrincipal',
  });
const withoutRoles = () =>
  changeState(azure, (state: AzureState) => {
    state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== bot.id);
  });

describe('at a vault’s own address', () => {
  const [roles, policies, closed] = [2, 4, 5];
  const keyOf: Readonly<Record<number, string>> = { 2: 'hospital-data', 4: 'cmk-policy', 5: 'cmk-lab' };
  const keysIn = (n: number) => clients.keys(`https://localhost:${azure.port + n}/`);
  const newestOf = async (n: number): Promise<string> => {
    const { body } = await http(azure, 'GET', '/simulator/state');
    return body.vaults[n - 1].keys.find((one: { name: string }) => one.name === keyOf[n]).versions.at(-1).version;
  };
  const work = {
    create: (n: number) => keysIn(n).createKey(keyOf[n] ?? '', 'RSA'),
    update: async (n: number) => keysIn(n).updateKeyProperties(keyOf[n] ?? '', await newestOf(n), { enabled: true }),
    get: (n: number) => keysIn(n).getKey(keyOf[n] ?? ''),
  };
  const all = ['create', 'update', 'get'] as const;

  test.each(['create', 'update'] as const)(
    'the right to %s a key is its own data action where roles rule',
    async (right) => {
      const action = `Microsoft.KeyVault/vaults/keys/${right}/action`;
      const botMay = (dataActions: readonly string[]) =>
        changeState(azure, ({ roleDefinitions }) => {
          const role = roleDefinitions.find((one: { roleName: string }) => one.roleName === 'CMK bot');
          role.permissions[0].dataActions = dataActions;
        });
      await botMay([]);
      expect(await innerCodeOf(work[right](roles))).toBe('ForbiddenByRbac');
      expect(await messageOf(work[right](roles))).toContain(`Action: '${action}'`);
      await botMay([action]);
      await work[right](roles);
      for (const other of all) if (other !== right) expect(await codeOf(work[other](roles))).toBe('Forbidden');
      expect(await innerCodeOf(work[right](closed))).toBe('ForbiddenByFirewall');
    },
  );

  test.each(all)('the right to %s a key is the permission of that name where policies rule', async (right) => {
    expect(await messageOf(work[right](policies))).toContain(`does not have keys ${right} permission`);
    await changeState(azure, ({ vaults }) => {
      const { accessPolicies } = vaults[policies - 1];
      const permissions = { keys: [right], secrets: [], certificates: [], storage: [] };
      accessPolicies.push({ ...accessPolicies[0], objectId: bot.id, permissions });
    });
    await work[right](policies);
    for (const other of all) if (other !== right) expect(await codeOf(work[other](policies))).toBe('Forbidden');
  });
});

describe('deny assignments', () => {
  const deny = (scope: string, permission: object, more: object = {}) =>
    changeState(azure, (state: AzureState) => {
      state.denyAssignments.push({
        name: '5ce0a000-0000-4000-8000-0000000000aa',
        displayName: 'System deny assignment created by managed application /subscriptions/x',
        description: '',
        scope,
        doNotApplyToChildScopes: false,
        permissions: [{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...permission }],
        principals: [{ id: '00000000-0000-0000-0000-000000000000', type: 'SystemDefined' }],
        excludePrincipals: [],
        ...more,
      });
    });
  const write = () => writeAgent(clients, agentId('triage-agent-prod'), { tags: {} });
  const everyWrite = { actions: ['*/write'] };

  test('take away what a role gives, also reading, and data in vaults with roles', async () => {
    await deny(care, { actions: ['*/write', '*/read'], dataActions: ['*'] });
    const denied = 'DenyAssignmentAuthorizationFailed';
    expect(await codeOf(write())).toBe(denied);
    expect(await codeOf(clients.vaults().vaults.get('rg-care-prod', 'kv-care-prod'))).toBe(denied);
    const key = clients.keys(`https://localhost:${azure.port + 1}`).getKey('cmk-triage-agent');
    expect(await messageOf(key)).toContain('DenyAssignmentId:');
  });

  test.each([
    ['what they do not name', care, { actions: ['*/delete'] }, {}],
    ['what they leave out', care, { ...everyWrite, notActions: ['Microsoft.HealthBot/*'] }, {}],
    ['other scopes', `/subscriptions/${researchId}`, everyWrite, {}],
    ['scopes below, where they are not for those', care, everyWrite, { doNotApplyToChildScopes: true }],
    ['whom they except', care, everyWrite, { excludePrincipals: [{ id: bot.id, type: 'ServicePrincipal' }] }],
    ['whom they do not name', care, everyWrite, { principals: [{ id: owner.id, type: 'ServicePrincipal' }] }],
  ])('leave alone %s', async (_what, scope, permission, more) => {
    await deny(scope, permission, more);
    await write();
  });
});

test('the condition of Key Vault Data Access Administrator lets its holder give and take the roles that it names alone', async () => {
  const dataAccess = '8b54135c-b56d-4d72-a534-26097cfdc8d8';
  const [owning, cryptoUser] = ['8e3af657-a8ff-443c-a75c-2fe8c4bcb635', '12338af0-0e69-4776-bea7-57ae8d297424'];
  await withoutRoles();
  await given(owners, care, dataAccess, bot.id);
  const held = await given(clients, vault, cryptoUser, owner.id);
  const unfulfilled = 'an ABAC condition not fulfilled';
  expect(await messageOf(given(clients, vault, owning, bot.id))).toContain(unfulfilled);
  const { roleAssignments } = clients.authorization();
  await roleAssignments.delete(vault, held.name ?? '');
  const other = await given(owners, vault, owning, bot.id);
  await changeState(azure, (state: AzureState) => {
    for (const one of state.roleAssignments) if (one.name === other.name) one.principalId = owner.id;
  });
  expect(await messageOf(roleAssignments.delete(vault, other.name ?? ''))).toContain(unfulfilled);
});

test('Key Vault Reader reads vaults and keys, and changes nothing', async () => {
  await withoutRoles();
  await given(owners, care, '21090545-7ca7-4776-b22c-e363652d74d2', bot.id);
  const { vaults, keys } = clients.vaults();
  await vaults.get('rg-care-prod', 'kv-care-prod');
  await keys.get('rg-care-prod', 'kv-care-prod', 'cmk-triage-agent');
  expect(await codeOf(vaults.update('rg-care-prod', 'kv-care-prod', { tags: {} }))).toBe('AuthorizationFailed');
});

test('a policy that demands a key lets through what it does not forbid: as it looks after the write, elsewhere, or only told about', async () => {
  const group = `${care}/resourceGroups/rg-care-prod`;
  const arm = async (method: string, path: string, body: unknown) =>
    http(azure, method, path, { headers: { authorization: `Bearer ${await owners.token()}` }, body });
  const patch = (id: string, body: object) => arm('PATCH', `${id}?api-version=2025-11-01`, body);
  const policyDefinitionId =
    '/providers/Microsoft.Authorization/policyDefinitions/4d080fa5-a6d2-4f98-ba9c-f482d0d335c0';
  const deny = { parameters: { effect: { value: 'Deny' } } };
  const assign = (more: object) =>
    arm('PUT', `${group}/providers/Microsoft.Authorization/policyAssignments/rule?api-version=2023-04-01`, {
      properties: { displayName: 'Hospital rule', policyDefinitionId, ...more },
    });
  const told = ({ status, body }: HttpAnswer) => [status, body.error?.code];
  const denied = [403, 'RequestDisallowedByPolicy'];

  await assign(deny);
  const key = { keyName: 'hospital-data', keyVaultUri: `https://localhost:${azure.port + 2}/` };
  const under = agentId('virtual-visit-agent');
  expect(told(await patch(agentId('vaccination-agent'), { tags: { ward: '7' } }))).toEqual(denied);
  expect((await patch(agentId('vaccination-agent'), { properties: { keyVaultProperties: key } })).status).toBe(201);
  expect((await patch(under, { tags: {} })).status).toBe(201);
  expect(told(await patch(under, { properties: { keyVaultProperties: null } }))).toEqual(denied);
  expect((await patch(agentId('ward-agent', 'rg-care-north'), { tags: {} })).status).toBe(201);
  const other = agentId('triage-agent-prod');
  for (const more of [{}, { ...deny, enforcementMode: 'DoNotEnforce' }, { ...deny, notScopes: [other] }]) {
    await assign(more);
    expect((await patch(other, { tags: {} })).status).toBe(201);
  }
  await assign(deny);
  expect(told(await patch(other, { tags: {} }))).toEqual(denied);
});
