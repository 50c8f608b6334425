import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { AzureState } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { type Clients, clientsOf, codeOf, messageOf, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, bot, careId, owner, researchId, vaultId } from '../support/azure/local-azure-names.ts';
import { roleFiles } from '../support/azure/role-files.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** Custom roles, deny assignments and conditions, as outside clients meet them. */

const azure = simulatedAzure();
const clients = lazily(() => clientsOf(azure));
const owners = lazily(() => clientsOf(azure, owner));
let untouched: unknown;

const care = `/subscriptions/${careId}`;
const research = `/subscriptions/${researchId}`;
const vault = vaultId('kv-care-prod');
const keyRead = 'Microsoft.KeyVault/vaults/keys/read';

beforeAll(async () => {
  untouched = (await http(azure, 'GET', '/simulator/state')).body;
});
beforeEach(() => http(azure, 'PUT', '/simulator/state', { body: untouched }));

const given = (who: Clients, scope: string, role: string, principalId: string) =>
  who.authorization().roleAssignments.create(scope, randomUUID(), {
    roleDefinitionId: `${care}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
    principalId,
    principalType: 'ServicePrincipal',
  });

describe('custom roles', () => {
  const written = (more: object = {}, permission: object = {}) => ({
    roleName: 'Key readers',
    roleType: 'CustomRole',
    description: 'Reads keys',
    permissions: [{ actions: [keyRead], notActions: [], dataActions: [], notDataActions: [], ...permission }],
    assignableScopes: [care],
    ...more,
  });
  const put = (role: object = written(), id: string = randomUUID(), who = owners, scope = care) =>
    who.authorization().roleDefinitions.createOrUpdate(scope, id, role);
  const names = async (scope: string, filter?: string) => {
    const found: string[] = [];
    for await (const one of owners.authorization().roleDefinitions.list(scope, filter === undefined ? {} : { filter }))
      found.push(one.roleName ?? '');
    return found;
  };

  test('are made, found where they can be assigned, changed, given, and taken away once nobody has them', async () => {
    const made = await put();
    expect(made).toMatchObject({ roleName: 'Key readers', assignableScopes: [care] });
    const id = made.name ?? '';
    expect(await names(care, "roleName eq 'Key readers'")).toEqual(['Key readers']);
    expect(await names(vault, "roleName eq 'Key readers'")).toEqual(['Key readers']);
    expect(await names(research, "roleName eq 'Key readers'")).toEqual([]);
    await put(written({ assignableScopes: [care, research] }), id);
    expect(await names(research, "type eq 'CustomRole'")).toContain('Key readers');
    const held = await given(owners, vault, id, bot.id);
    expect(await codeOf(owners.authorization().roleDefinitions.delete(care, id))).toBe('RoleDefinitionHasAssignments');
    await owners.authorization().roleAssignments.delete(vault, held.name ?? '');
    expect(await owners.authorization().roleDefinitions.delete(care, id)).toMatchObject({ roleName: 'Key readers' });
    expect(await names(care, "roleName eq 'Key readers'")).toEqual([]);
  });

  test('with scopes below the one that is asked are found only if that is asked for', async () => {
    await put(written({ assignableScopes: [`${care}/resourceGroups/rg-care-prod`] }));
    expect(await names(care, "type eq 'CustomRole'")).not.toContain('Key readers');
    expect(await names(care, "atScopeAndBelow() and type eq 'CustomRole'")).toContain('Key readers');
  });

  test('are taken as the files of infra have them', async () => {
    await changeState(azure, (state: AzureState) => {
      state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== bot.id);
      state.roleDefinitions = state.roleDefinitions.filter((one) => one.type === 'BuiltInRole');
    });
    for (const { Name, Actions, DataActions } of roleFiles) {
      await put(written({ roleName: Name }, { actions: Actions, dataActions: DataActions }));
    }
    expect(await names(care, "type eq 'CustomRole'")).toEqual(roleFiles.map(({ Name }) => Name));
  });

  test.each([
    [
      'an action that is not listed',
      {},
      { actions: ['Microsoft.KeyVault/vaults/keys/peek'] },
      'InvalidActionOrNotAction',
    ],
    [
      'a data action among actions',
      {},
      { actions: ['Microsoft.KeyVault/vaults/keys/wrap/action'] },
      'InvalidActionOrNotAction',
    ],
    [
      'an action among data actions',
      {},
      { dataActions: ['Microsoft.KeyVault/vaults/keys/write'] },
      'InvalidDataActionOrNotDataAction',
    ],
    [
      'a wildcard that fits nothing',
      {},
      { notActions: ['Microsoft.KeyVault/cupboards/*'] },
      'InvalidActionOrNotAction',
    ],
    ['a name that is taken', { roleName: 'cmk BOT' }, {}, 'RoleDefinitionWithSameNameExists'],
    ['no name', { roleName: '' }, {}, 'RoleDefinitionNameNullOrEmpty'],
    ['no scope', { assignableScopes: [] }, {}, 'MissingAssignableScopes'],
    ['a scope that is none', { assignableScopes: ['everywhere'] }, {}, 'LinkedInvalidPropertyId'],
    ['the type of built-in ones', { roleType: 'BuiltInRole' }, {}, 'InvalidRoleDefinitionType'],
  ])('are refused with %s', async (_what, more, permission, code) => {
    expect(await codeOf(put(written(more, permission)))).toBe(code);
  });

  test('take wildcards that fit a listed name', async () => {
    expect(await put(written({}, { actions: ['Microsoft.KeyVault/*/read'] }))).toMatchObject({
      roleName: 'Key readers',
    });
  });

  test('are no way to change a built-in role', async () => {
    expect(await codeOf(put(written(), '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'))).toBe('RoleDefinitionExists');
  });

  test('are made by nobody who lacks the right, there or at one of the scopes', async () => {
    expect(await codeOf(put(written(), randomUUID(), clients))).toBe('AuthorizationFailed');
    await given(owners, care, '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', bot.id);
    expect(await codeOf(put(written({ assignableScopes: [care, research] }), randomUUID(), clients))).toBe(
      'LinkedAuthorizationFailed',
    );
    expect(await put(written(), randomUUID(), clients)).toMatchObject({ roleName: 'Key readers' });
  });
});

describe('deny assignments', () => {
  const denial = '5ce0a000-0000-4000-8000-0000000000aa';
  const deny = (scope: string, permission: object, more: object = {}) =>
    changeState(azure, (state: AzureState) => {
      state.denyAssignments.push({
        name: denial,
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
  const agent = agentId('triage-agent-prod');
  const write = () => writeAgent(clients, agent, { tags: {} });
  const everyWrite = { actions: ['*/write'] };

  test('take away what a role gives, in the words of Azure, which name them', async () => {
    await deny(care, everyWrite);
    expect(await messageOf(write())).toBe(
      `The client '${bot.id}' with object id '${bot.id}' has permission to perform action 'Microsoft.HealthBot/healthBots/write' on scope '${agent}'; however, the access is denied because of the deny assignment with name 'System deny assignment created by managed application /subscriptions/x' and Id '${denial.replaceAll('-', '')}' at scope '${care}'.`,
    );
    expect(await codeOf(write())).toBe('DenyAssignmentAuthorizationFailed');
  });

  test.each([
    ['what they do not name', care, { actions: ['*/delete'] }, {}],
    ['what they leave out', care, { ...everyWrite, notActions: ['Microsoft.HealthBot/*'] }, {}],
    ['other scopes', research, everyWrite, {}],
    ['scopes below, where they are not for those', care, everyWrite, { doNotApplyToChildScopes: true }],
    ['whom they except', care, everyWrite, { excludePrincipals: [{ id: bot.id, type: 'ServicePrincipal' }] }],
    ['whom they do not name', care, everyWrite, { principals: [{ id: owner.id, type: 'ServicePrincipal' }] }],
  ])('leave alone %s', async (_what, scope, permission, more) => {
    await deny(scope, permission, more);
    await write();
  });

  test('hold for reading, and for data in vaults with roles, where the refusal names them', async () => {
    await deny(vault, { dataActions: ['*'], actions: ['*/read'] });
    expect(await codeOf(clients.vaults().vaults.get('rg-care-prod', 'kv-care-prod'))).toBe(
      'DenyAssignmentAuthorizationFailed',
    );
    const keys = clients.keys(`https://localhost:${azure.port + 1}`);
    expect(await messageOf(keys.getKey('cmk-triage-agent'))).toContain(`DenyAssignmentId: '${denial}'`);
  });

  test('are read by whoever has the right to, which the bot has not', async () => {
    await deny(care, everyWrite);
    const found: unknown[] = [];
    for await (const one of owners.authorization().denyAssignments.listForScope(vault)) found.push(one);
    expect(found).toMatchObject([{ name: denial, scope: care, permissions: [everyWrite] }]);
    expect(await owners.authorization().denyAssignments.get(care, denial)).toMatchObject({ isSystemProtected: true });
    expect(await codeOf(clients.authorization().denyAssignments.get(care, denial))).toBe('AuthorizationFailed');
  });
});

test('Key Vault Reader reads vaults, keys and their versions, and changes nothing', async () => {
  await changeState(azure, (state: AzureState) => {
    state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== bot.id);
  });
  await given(owners, care, '21090545-7ca7-4776-b22c-e363652d74d2', bot.id);
  const { vaults, keys } = clients.vaults();
  expect(await vaults.get('rg-care-prod', 'kv-care-prod')).toMatchObject({ name: 'kv-care-prod' });
  const { keyUriWithVersion } = await keys.get('rg-care-prod', 'kv-care-prod', 'cmk-triage-agent');
  const version = keyUriWithVersion?.split('/').at(-1) ?? '';
  expect(await keys.getVersion('rg-care-prod', 'kv-care-prod', 'cmk-triage-agent', version)).toMatchObject({
    name: version,
  });
  expect(await codeOf(vaults.update('rg-care-prod', 'kv-care-prod', { tags: {} }))).toBe('AuthorizationFailed');
});

describe('the condition of Key Vault Data Access Administrator', () => {
  const dataAccess = '8b54135c-b56d-4d72-a534-26097cfdc8d8';
  const [owning, cryptoUser] = ['8e3af657-a8ff-443c-a75c-2fe8c4bcb635', '12338af0-0e69-4776-bea7-57ae8d297424'];

  test('lets its holder give and take the roles that it names, and no other', async () => {
    await changeState(azure, (state: AzureState) => {
      state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== bot.id);
    });
    await given(owners, care, dataAccess, bot.id);
    const held = await given(clients, vault, cryptoUser, owner.id);
    expect(await messageOf(given(clients, vault, owning, bot.id))).toContain('an ABAC condition not fulfilled');
    await clients.authorization().roleAssignments.delete(vault, held.name ?? '');
    const other = await given(owners, vault, owning, bot.id);
    await changeState(azure, (state: AzureState) => {
      for (const one of state.roleAssignments) if (one.name === other.name) one.principalId = owner.id;
    });
    expect(await messageOf(clients.authorization().roleAssignments.delete(vault, other.name ?? ''))).toContain(
      'an ABAC condition not fulfilled',
    );
  });
});
