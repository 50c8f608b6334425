import { done, type Found } from '../../src/domain/failure.ts';
import type { ArmId } from '../../src/domain/ids.ts';
import { ArmId as ArmIdSchema } from '../../src/domain/ids.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { careId, connect, failureOf, financeId, got, resourceId, sentDuring, under, vaultId } from './azure-setup.ts';

const running = simulatedAzure();
const azure = lazily(() => connect(running));

const resource = resourceId('triage-agent-prod');
const vault = vaultId('kv-care-prod');
const group = `/subscriptions/${careId}/resourceGroups/rg-care-prod`;
const subscription = `/subscriptions/${careId}`;

const lock = (name: string, scope: string, level: 'ReadOnly' | 'CanNotDelete' = 'ReadOnly') => ({
  name,
  scope,
  level,
  notes: '',
});
const locked = (...locks: readonly ReturnType<typeof lock>[]): Promise<void> =>
  changeState(running, (state) => {
    state.locks = locks;
  });

describe('locks', () => {
  afterEach(() => locked());

  test('there are none', async () => {
    expect(got(await azure.guards.locks(resource))).toEqual([]);
  });

  test.each([
    ['the resource', resource],
    ['its group', group],
    ['its subscription', subscription],
  ])('a read-only lock on %s holds', async (_where, scope) => {
    await locked(lock('freeze', scope));
    expect(got(await azure.guards.locks(resource))).toEqual([{ name: 'freeze', level: 'read-only', scope }]);
  });

  test('all that hold are told, each with its level', async () => {
    await locked(lock('keep', vault, 'CanNotDelete'), lock('freeze', group));
    expect(got(await azure.guards.locks(vault))).toEqual([
      { name: 'keep', level: 'cannot-delete', scope: vault },
      { name: 'freeze', level: 'read-only', scope: group },
    ]);
  });

  test('a lock beside or below the resource does not hold', async () => {
    await locked(
      lock('below', `${vault}/keys/cmk-triage-agent`),
      lock('beside', `${vault}-2`),
      lock('other', resource),
    );
    expect(got(await azure.guards.locks(vault))).toEqual([]);
  });

  test('a lock is found whatever the spelling of its scope', async () => {
    await locked(lock('freeze', resource.toUpperCase()));
    expect(got(await azure.guards.locks(resource))).toEqual([expect.objectContaining({ level: 'read-only' })]);
  });

  test('asks once, at or above the resource, with the id of the call', async () => {
    const sent = await sentDuring(running, () => azure.guards.locks(resource));
    expect(sent).toEqual([
      expect.objectContaining({
        method: 'GET',
        url: `${running.url}${resource}/providers/Microsoft.Authorization/locks?api-version=2020-05-01&$filter=atScope()`,
        clientRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      }),
    ]);
  });

  test('reads every page', async () => {
    await locked(lock('second', group));
    const next = `${running.url}${resource}/providers/Microsoft.Authorization/locks?api-version=2020-05-01`;
    const first = {
      id: `${resource}/providers/Microsoft.Authorization/locks/first`,
      name: 'first',
      properties: { level: 'ReadOnly' },
    };
    const fault = {
      match: { url: '/locks' },
      times: 1,
      respond: { status: 200, body: { value: [first], nextLink: next } },
    };
    const found = got(await under(running, fault, () => azure.guards.locks(resource)));
    expect(found.map(({ name }) => name)).toEqual(['first', 'second']);
  });

  test('a lock of a level nobody knows is a failure, not no lock', async () => {
    const odd = {
      id: `${resource}/providers/Microsoft.Authorization/locks/odd`,
      name: 'odd',
      properties: { level: 'New' },
    };
    const fault = { match: { url: '/locks' }, respond: { status: 200, body: { value: [odd] } } };
    expect(failureOf(await under(running, fault, () => azure.guards.locks(resource)))).toMatchObject({
      code: 'UnexpectedAnswer',
    });
  });

  test('not being allowed to read them is a failure', async () => {
    const body = { error: { code: 'AuthorizationFailed', message: 'no' } };
    const fault = { match: { url: '/locks' }, respond: { status: 403, body } };
    expect(failureOf(await under(running, fault, () => azure.guards.locks(resource)))).toMatchObject({
      next: 'ask',
      code: 'AuthorizationFailed',
      doing: 'reading the locks on triage-agent-prod',
    });
  });
});

interface Role {
  readonly roleName: string;
  readonly permissions: { actions: string[]; notActions: string[] }[];
}

/** What the bot's role allows, from now on. */
const roleAllows = (actions: readonly string[], notActions: readonly string[] = []): Promise<void> =>
  changeState(running, (state) => {
    const role: Role | undefined = state.roleDefinitions.find((one: Role) => one.roleName === 'CMK bot');
    const [permission] = role?.permissions ?? [];
    if (permission === undefined) throw new Error('the bot has no role');
    permission.actions = [...actions];
    permission.notActions = [...notActions];
  });

const writeResource = 'Microsoft.HealthBot/healthBots/write';
const deleteResource = 'Microsoft.HealthBot/healthBots/delete';
const writeKey = 'Microsoft.KeyVault/vaults/keys/write';

/** As control-plane actions. */
const mayOn = async (id: ArmId, actions: readonly string[]) => {
  const answer = await azure.guards.allowed(id, { actions, dataActions: [] });
  if (!answer.ok) return answer;
  expect(answer.value.dataActions).toEqual({});
  return done(answer.value.actions);
};

describe('what the bot may do', () => {
  test('its role allows all that it does, and nothing more', async () => {
    expect(got(await mayOn(resource, [writeResource, deleteResource]))).toEqual({
      [writeResource]: true,
      [deleteResource]: false,
    });
    const onVault = [
      'Microsoft.KeyVault/vaults/write',
      writeKey,
      'Microsoft.KeyVault/vaults/accessPolicies/write',
      'Microsoft.Authorization/roleAssignments/write',
    ];
    expect(got(await mayOn(vault, onVault))).toEqual(Object.fromEntries(onVault.map((action) => [action, true])));
  });

  test('the address has no double slash', async () => {
    const sent = await sentDuring(running, () => mayOn(resource, [writeResource]));
    expect(sent.map(({ url }) => url)).toEqual([
      `${running.url}${resource}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`,
    ]);
  });

  test('an action taken away from the role is not allowed', async () => {
    await roleAllows(['Microsoft.Authorization/permissions/read', 'Microsoft.HealthBot/healthBots/read']);
    expect(got(await mayOn(resource, [writeResource]))).toEqual({ [writeResource]: false });
  });

  test("one role's exceptions take nothing from another's", async () => {
    const body = { value: [{ actions: ['*'], notActions: [writeResource] }, { actions: [writeResource] }] };
    const fault = { match: { url: '/permissions' }, respond: { status: 200, body } };
    expect(got(await under(running, fault, () => mayOn(resource, [writeResource])))).toEqual({ [writeResource]: true });
  });

  test('a data action is another right than the action of the same name, with exceptions of its own', async () => {
    const [read, create] = ['Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keys/create/action'];
    const asked = { actions: [read, create], dataActions: [read, create] };
    const value = [
      { actions: [read], notActions: [], dataActions: ['Microsoft.KeyVault/vaults/*'], notDataActions: [read] },
      { actions: [create], notActions: ['*'] },
    ];
    const fault = { match: { url: '/permissions' }, respond: { status: 200, body: { value } } };
    const sent = await sentDuring(running, async () => {
      expect(got(await under(running, fault, () => azure.guards.allowed(vault, asked)))).toEqual({
        actions: { [read]: true, [create]: false },
        dataActions: { [read]: false, [create]: true },
      });
    });
    expect(sent).toHaveLength(1);
  });

  test('not being allowed to ask is a failure', async () => {
    await roleAllows(['Microsoft.HealthBot/healthBots/read']);
    expect(failureOf(await mayOn(resource, [writeResource]))).toMatchObject({
      next: 'ask',
      code: 'AuthorizationFailed',
      status: 403,
      doing: 'reading what the bot can do with triage-agent-prod',
    });
  });
});

describe('resources the bot has no business with', () => {
  const store = ArmIdSchema.parse(`${group}/providers/Microsoft.Storage/storageAccounts/store`);
  const part = ArmIdSchema.parse(`${vault}/keys/k`);
  const elsewhere = resourceId('billing-agent', 'rg-billing', financeId);
  const refused: readonly (readonly [string, ArmId, Found])[] = [
    ['another kind', store, { code: 'not-of-kind', id: store, kind: 'known-kind' }],
    ['part of a vault', part, { code: 'not-of-kind', id: part, kind: 'key-vault' }],
    ['another subscription', elsewhere, { code: 'outside-subscriptions', subscriptionId: financeId }],
  ];
  test.each(refused)('%s is refused before anything is sent', async (_what, id, found) => {
    const sent = await sentDuring(running, async () => {
      expect(failureOf(await azure.guards.locks(id))).toMatchObject({ source: 'bot', next: 'ask', found });
      expect(failureOf(await mayOn(id, [writeResource]))).toMatchObject({ found });
    });
    expect(sent).toEqual([]);
  });
});
