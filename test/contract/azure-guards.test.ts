import { done, type Outcome } from '../../src/domain/failure.ts';
import { ArmId } from '../../src/domain/ids.ts';
import type { ObservedResource, ObservedVault } from '../../src/domain/observed.ts';
import { changeState } from '../support/azure/local-azure.ts';
import {
  careId,
  connectedAzure,
  failureOf,
  financeId,
  got,
  key,
  resourceId,
  resourceNow,
  resourceRef,
  sentDuring,
  tenantId,
  under,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

const { running, azure } = connectedAzure();

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

  test('all that hold are told, each with its level: on the resource, its group and its subscription', async () => {
    await locked(lock('keep', vault, 'CanNotDelete'), lock('freeze', group), lock('all', subscription));
    expect(got(await azure.guards.locks(vault))).toEqual([
      { name: 'keep', level: 'cannot-delete', scope: vault },
      { name: 'freeze', level: 'read-only', scope: group },
      { name: 'all', level: 'read-only', scope: subscription },
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
      doing: 'reading the locks on triage-agent-prod',
    });
  });
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
});

describe('resources the bot has no business with', () => {
  let resourceBefore: ObservedResource;
  let vaultBefore: ObservedVault;
  beforeAll(async () => {
    resourceBefore = await resourceNow(azure, resourceRef('triage-agent-prod'));
    vaultBefore = await vaultNow(azure, vault);
  });

  type Calls = (id: ArmId) => Promise<readonly Outcome<unknown>[]>;
  const anything: Calls = async (id) => [await azure.guards.locks(id), await mayOn(id, [writeResource])];
  const agents: Calls = async (id) => {
    const ref = { kind: 'healthcare-agent', id };
    return [
      await azure.resources.get(ref),
      await azure.resources.tags(ref),
      await azure.resources.enableSystemIdentity(ref, resourceBefore),
      await azure.resources.setCustomerKey(ref, resourceBefore, { vaultUri: '', keyName: 'k', keyVersion: null }),
    ];
  };
  const vaults: Calls = async (id) => [
    await azure.vaults.get(id),
    await azure.vaults.protect(id, { softDelete: true }),
    await azure.keys.list(id),
    await azure.grants.held({ ...vaultBefore, id }, key('k'), tenantId),
    await azure.grants.grant({ ...vaultBefore, id }, key('k'), tenantId, tenantId),
  ];

  const notOf = (kind: string) => (id: ArmId) => ({ code: 'not-of-kind', id, kind });
  const outside = () => ({ code: 'outside-subscriptions', subscriptionId: financeId });
  test.each<[string, ArmId, Calls, (id: ArmId) => object]>([
    [
      'another kind',
      ArmId.parse(`${group}/providers/Microsoft.Storage/storageAccounts/s`),
      anything,
      notOf('known-kind'),
    ],
    ['part of a vault', ArmId.parse(`${vault}/keys/k`), anything, notOf('key-vault')],
    ['a vault that is asked for as an agent', vault, agents, notOf('healthcare-agent')],
    ['an escaped slash', resourceId('a%2fb'), agents, notOf('healthcare-agent')],
    ['anything in another subscription', resourceId('wages-agent', 'rg-finance', financeId), anything, outside],
    ['an agent in another subscription', resourceId('wages-agent', 'rg-finance', financeId), agents, outside],
    ['a vault in another subscription', vaultId('kv-care-prod', 'rg-finance', financeId), vaults, outside],
  ])('%s is refused before anything is sent', async (_what, id, calls, found) => {
    const sent = await sentDuring(running, async () => {
      for (const outcome of await calls(id))
        expect(failureOf(outcome)).toMatchObject({ source: 'bot', next: 'ask', found: found(id) });
    });
    expect(sent).toEqual([]);
  });
});
