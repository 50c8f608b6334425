import { beforeAll, describe, expect, test } from '@jest/globals';
import { usageCheckSettings } from '../../sandbox/bot-environment.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { actionsOn, actionsOnWorkspace, dataActionsOnVault } from '../../src/operations/resources/rights.ts';
import { type AzureState, agentIn, hideCreationOnAgent, keyIn } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { clientsOf, codeOf, messageOf } from '../support/azure/local-azure-clients.ts';
import { careId, encryptionUser, vaultId } from '../support/azure/local-azure-names.ts';
import { grantCondition, logsRole, role, roleFiles } from '../support/azure/role-files.ts';
import { guardPolicy, tokenPolicy } from '../support/azure/token-policy.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { azureState, follow, openReview, rotation } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import {
  approvalCard,
  approve,
  ask,
  choices,
  faultAzure,
  mendAzure,
  people,
  places,
  shows,
  type,
  until,
} from '../support/world/story.ts';

/**
 * The bot's identity holds the roles of `infra/` and nothing else, and everything the product does is done with it. What it was
 * let through by is then compared with the files, in both directions.
 */

const botId = '50000000-0000-4000-8000-000000000002';
const sorted = (names: Iterable<string>): readonly string[] => [...new Set(names)].sort();

const given = {
  actions: sorted(roleFiles.flatMap((role) => role.Actions)),
  dataActions: sorted(roleFiles.flatMap((role) => role.DataActions)),
};

describe('the role files', () => {
  test('give what the code says it needs, and nothing else', () => {
    expect(given.actions).toEqual(sorted(Object.values(actionsOn).flat()));
    expect(given.dataActions).toEqual(sorted(dataActionsOnVault));
  });

  test('give a further kind apart, and nothing but to read and write it', () => {
    for (const { name, rights } of kinds.slice(1)) {
      const { Actions: actions, DataActions: data } = role(`custom-role-${name}.json`);
      expect([actions, data]).toEqual([[...rights.read, ...rights.write], []]);
    }
  });

  test('give the one table of a workspace apart, which is no part of a subscription’s rights', () => {
    expect(sorted(logsRole.Actions)).toEqual(sorted(actionsOnWorkspace));
    expect(logsRole.DataActions).toEqual([]);
  });

  test('name every action in full: no wildcard, and nothing that deletes, purges or reads a secret', () => {
    for (const name of [...given.actions, ...given.dataActions]) {
      expect(name).toMatch(/^Microsoft\.\w+(\/[A-Za-z]+)+\/(read|write|action)$/);
      expect(name).not.toMatch(
        /delete|purge|secrets|certificates|decrypt|listSecrets|elevateAccess|roleDefinitions\/write/i,
      );
    }
  });

  test('keep the right to assign roles apart, so that a condition stands on it alone', () => {
    expect(roleFiles.map((role) => role.Actions.filter((name) => name.endsWith('roleAssignments/write')))).toEqual([
      [],
      ['Microsoft.Authorization/roleAssignments/write'],
    ]);
    expect(roleFiles[1]?.Actions).toHaveLength(1);
  });
});

describe('with these roles alone', () => {
  const env = { ...usageCheckSettings, CMK_WATCH_INTERVAL: '2s' };
  const world = scenario({ own: { env } });

  /** Nothing of the seed's roles is relied on: the bot gets those of the files, the second under its condition. */
  const giveOnlyTheFiles = (state: AzureState): void => {
    const like = state.roleAssignments.find((one) => one.principalId === botId);
    const definition = state.roleDefinitions[0];
    if (like === undefined || definition === undefined) throw new Error('the bot has no role');
    const scopes = state.subscriptions
      .map(({ id }) => `/subscriptions/${id}`)
      .filter((scope) => state.roleAssignments.some((one) => one.principalId === botId && one.scope === scope));
    state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== botId);
    state.roleDefinitions = state.roleDefinitions.filter((one) => one.type === 'BuiltInRole');
    const places = [scopes, scopes, state.workspaces.map(({ id }) => id)];
    for (const [n, role] of [...roleFiles, logsRole].entries()) {
      const id = `71000000-0000-4000-8000-00000000000${n}`;
      state.roleDefinitions.push({
        ...definition,
        id,
        roleName: role.Name,
        type: 'CustomRole',
        permissions: [{ actions: role.Actions, notActions: [], dataActions: role.DataActions, notDataActions: [] }],
      });
      for (const [m, scope] of (places[n] ?? []).entries()) {
        state.roleAssignments.push({
          ...like,
          name: `81000000-0000-4000-8000-0000000000${n}${m}`,
          scope,
          roleDefinitionId: id,
          ...(n !== 1 ? {} : { condition: grantCondition, conditionVersion: '2.0' }),
        });
      }
    }
  };

  const ownCalls = async () => {
    const all = await world.azureRequests();
    return all.filter(({ principalId }) => principalId === botId);
  };

  beforeAll(async () => {
    await changeState(world.azure, giveOnlyTheFiles);
    // Reading a definition takes a permission of its own, and so does acquiring tokens.
    const scope = `/subscriptions/${careId}`;
    await changeState(world.azure, tokenPolicy(scope, 'Microsoft.HealthBot/healthBots', { successProbability: 1 }));
    await changeState(world.azure, guardPolicy(scope));
  });

  test('an existing key on a vault with roles, tried at the end', async () => {
    const { end } = await follow(world, choices.first);
    expect(end.join('\n')).toMatch(/Verification level: (key tested|use observed)/);
  });

  test('a new key, its name looked for among deleted ones', async () => {
    const key = { newKeyName: 'cmk-least', keyType: 'RSA', keySize: '3072', keyExpiry: '' };
    const { end, review } = await follow(world, { agent: 'triage-agent-test', vault: 'kv-hospital-keys', key });
    expect(review.join('\n')).not.toContain('was not checked');
    expect(end.join('\n')).toMatch(/Verification level: (key tested|use observed)/);
  });

  test('a vault with access policies and an agent with a user-assigned identity', async () => {
    const { end } = await follow(world, choices.policies);
    expect(end.join('\n')).toMatch(/Verification level: (permitted|use observed)/);
  });

  test('a further version of a key in use, made in the vault itself', async () => {
    const before = await azureState(world);
    const { id, end } = await follow(world, rotation);
    expect(end.join('\n')).toContain('The bot wrapped and unwrapped test data.');
    const { versions } = keyIn(await azureState(world), 'kv-hospital-keys', 'cmk-virtual-visit');
    const [made] = versions.slice(-1);
    expect(versions).toHaveLength(keyIn(before, 'kv-hospital-keys', 'cmk-virtual-visit').versions.length + 1);
    expect(made?.tags).toEqual({ 'cmk-bot-request': id, 'cmk-bot-nonce': expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(agentIn(await azureState(world), rotation.agent).content.keyVaultProperties?.keyVersion).toBe(made?.version);
  });

  test('a step that fails and is retried', async () => {
    const busy = { error: { code: 'InvalidRequestContent', message: 'not now' } };
    await faultAzure(world, { match: { method: 'PUT', url: 'roleAssignments' }, respond: { status: 400, body: busy } });
    const id = await ask(world, { agent: 'x-ray-agent', vault: 'kv-legacy', key: 'cmk-legacy' });
    await approve(world, people.approver, await approvalCard(world, id));
    const card = await shows(world, places.operations, people.requester, id, /Needs attention/);
    await mendAzure(world);
    await world.teams.click(people.requester, card.id, 'request.retry');
    await shows(world, places.operations, people.requester, id, /Succeeded/);
  });

  test('the agents that can be chosen, and an agent that does not tell when it was created', async () => {
    const form = await type(world, people.requester, '/enable-cmk');
    expect(JSON.stringify(form)).toContain('ward-agent');
    await changeState(world.azure, hideCreationOnAgent('ward-agent'));
    const review = await openReview(world, { agent: 'ward-agent', vault: 'kv-care-north', key: 'cmk-north' });
    expect(JSON.stringify(review)).toContain('Created on');
    await mendAzure(world);
  });

  test('access that was taken from an agent, and who took it', async () => {
    const { principalId = '' } = agentIn(await azureState(world), choices.first.agent).content.identity ?? {};
    await changeState(world.azure, (state: AzureState) => {
      state.roleAssignments = state.roleAssignments.filter((one) => one.principalId !== principalId);
    });
    await until(
      async () => (await ownCalls()).some(({ url, status }) => url.includes('/eventtypes/') && status === 200),
      'the activity log was read',
    );
  });

  test('the doctor finds every right', async () => {
    const { out } = await cmkBot(['doctor'], world.settings);
    expect(out.match(/ok +permissions in \S+ +all permissions of the bot’s roles/g)).toHaveLength(2);
    expect(out).not.toContain('lacks');
    const estate = await cmkBot(['estate', '--csv'], world.settings);
    expect(estate.out).toMatch(/^"kind","name",.*\r\n("healthcare agent service",.*\r\n){9,}$/);
    expect(estate.err).toContain('no permission to read storage account, App Configuration store');
  });

  /** Each is the official one: test/contract/official-actions. */
  test('every call takes what the files give, and the files give nothing that no call takes', async () => {
    const own = await ownCalls();
    expect(own.length).toBeGreaterThan(100);
    const took = (what: 'actions' | 'dataActions') => sorted(own.flatMap((one) => one[what]));
    // Of the logs' rights the simulated Azure asks for those of queries: test/long/seen-in-use.
    expect(took('actions').filter((name) => !logsRole.Actions.includes(name))).toEqual(given.actions);
    expect(took('dataActions')).toEqual(given.dataActions);
    expect(sorted(own.flatMap(({ graphPermissions }) => graphPermissions))).toEqual([
      'GroupMember.Read.All',
      'User.Read.All',
    ]);
  });

  const assigned = (role: string, principalId: string) =>
    clientsOf(world.azure)
      .authorization()
      .roleAssignments.create(vaultId('kv-care-prod'), crypto.randomUUID(), {
        roleDefinitionId: `/subscriptions/${careId}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
        principalId,
        principalType: principalId === botId ? 'ServicePrincipal' : 'User',
      });

  test.each([
    ['Owner', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'],
    ['Key Vault Administrator', '00482a5a-887f-4fb3-b363-3b7fe8e74483'],
    ['Key Vault Crypto User', '12338af0-0e69-4776-bea7-57ae8d297424'],
  ])('whoever has the bot’s credential cannot assign the role %s, to itself or to others', async (_name, role) => {
    for (const principalId of [botId, people.teamMember])
      expect(await messageOf(assigned(role, principalId))).toContain(
        'an ABAC condition not fulfilled to perform action',
      );
  });

  test('nor the one role it may give to a person, and it can delete no assignment', async () => {
    expect(await codeOf(assigned(encryptionUser, people.teamMember))).toBe('AuthorizationFailed');
    const [held] = (await azureState(world)).roleAssignments.filter((one) => one.createdBy === botId);
    if (held === undefined) throw new Error('the bot has assigned nothing');
    const gone = clientsOf(world.azure).authorization().roleAssignments.delete(held.scope, held.name);
    expect(await codeOf(gone)).toBe('AuthorizationFailed');
  });
});
