import { scopeCovers } from '../../src/azure/arm/role-assignments.ts';
import { roleAssignmentName } from '../../src/azure/key-vault/grants.ts';
import { done, type Outcome } from '../../src/domain/failure.ts';
import { ArmId } from '../../src/domain/ids.ts';
import type { ObservedResource, ObservedVault } from '../../src/domain/observed.ts';
import { type AzureState, all, givePolicy, giveRole, onVault, takeRoles } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import * as setup from './azure-setup.ts';

const { answers, careId, connectedAzure, encryptionUser, failureOf, financeId, got, key, owner, researchId } = setup;
const { resourceId, resourceNow, resourceRef, says, sentDuring, tenantId, under, vaultId, vaultNow } = setup;
const { running, azure } = connectedAzure({ restores: true });
const care = vaultId('kv-care-prod');
const agent = resourceId('triage-agent-prod');
const subscription = `/subscriptions/${careId}`;

/** Who has control over a key and who changed what: members of groups, what roles allow, and the Activity Log. */
describe('control and changes', () => {
  const custodians = '60000000-0000-4000-8000-0000000000c1';
  const [second, third, fourth] = [2, 3, 4].map((n) => `20000000-0000-4000-8000-00000000000${n}`);

  async function control() {
    const { controllers, unseen } = got(await azure.control.of(await vaultNow(azure, care), key('cmk-triage')));
    return { group: controllers.find(({ id }) => id === custodians), unseen };
  }
  const seen = async () => (await control()).group;

  async function seenWith(...memberIds: readonly (string | undefined)[]) {
    await changeState(running, ({ groups }: AzureState) => {
      for (const group of groups) if (group.id === custodians) Object.assign(group, { memberIds });
    });
    return await seen();
  }

  test('each member has a mark that stays theirs, whoever else is in the group', async () => {
    const both = await seenWith(second, third);
    const one = await seenWith(third);
    const swapped = await seenWith(fourth, third);
    expect([both?.members, one?.members, swapped?.members]).toEqual([2, 1, 2]);
    expect(both?.people?.filter((mark) => one?.people?.includes(mark))).toEqual(one?.people);
    expect(swapped?.people?.filter((mark) => both?.people?.includes(mark))).toEqual(one?.people);
    expect(JSON.stringify([both, swapped])).not.toMatch(/20000000-/);
  });

  test('apps in a group have marks of their own, without the permission to read apps and never as people', async () => {
    const without = await seenWith(third);
    const inner = '60000000-0000-4000-8000-0000000000ab';
    const app = owner.id;
    await changeState(running, (state) => {
      state.groups.push({ id: inner, displayName: 'Inner', memberIds: [app] });
    });
    const direct = await seenWith(third, app);
    const apps = [expect.stringMatching(/^[0-9a-f]{16}$/)];
    expect(direct).toMatchObject({ members: 1, people: without?.people, apps });
    expect((await seenWith(third, inner))?.apps).toEqual(direct?.apps);
    expect(without?.apps).toEqual([]);
  });

  /** Answers with more pages of apps than are read. */
  const tooMany = () => {
    const path = `${running.url}/v1.0/groups/${custodians}/transitiveMembers/microsoft.graph.servicePrincipal`;
    return Array.from({ length: 25 }, (_, n) => {
      const more = { '@odata.nextLink': `${path}?$skiptoken=${n + 1}x` };
      const url = n === 0 ? `graph.servicePrincipal(?!.*skiptoken)` : `skiptoken=${n}x`;
      return answers(url, 200, { '@odata.count': 2100, value: [{ id: owner.id }], ...more });
    }).toReversed();
  };

  test('a group whose apps can’t be read, or are too many, keeps its people and isn’t complete', async () => {
    const whole = await seenWith(third);
    expect((await control()).unseen).toEqual([]);
    const refused = answers('graph.servicePrincipal', 403, says('No'));
    for (const faults of [[refused], tooMany()])
      expect(await under(running, faults, control)).toEqual({
        group: { ...whole, apps: undefined },
        unseen: ['names'],
      });
  });

  test('a custom role is read each time, a built-in one once in an hour', async () => {
    await control();
    const sent = await sentDuring(running, control);
    const read = sent.flatMap(({ url }) => /roleDefinitions\/([^?]+)/.exec(url)?.[1] ?? []);
    const { roleDefinitions }: AzureState = (await http(running, 'GET', '/simulator/state')).body;
    const custom = roleDefinitions.filter(({ id, type }) => type === 'CustomRole' && read.includes(id));
    expect([custom.length > 0, custom.length]).toEqual([true, read.length]);
  });
});

/** Vaults, and who may use their keys. */
describe('vaults and grants', () => {
  /** Identities that exist from the start. */
  const ward = '90000000-0000-4000-8000-000000000002';
  const shared = '90000000-0000-4000-8000-000000000004';
  const cryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424';
  const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

  const policies = vaultId('kv-policy-keys');
  const legacy = vaultId('kv-legacy', 'rg-research', researchId);
  const keyName = key('cmk-triage-agent');
  const scope = `${care}/keys/${keyName}`;
  const held = async (who: string, name = keyName, vault = care) =>
    got(await azure.grants.held(await vaultNow(azure, vault), name, who));
  const stateNow = async (): Promise<AzureState> => (await http(running, 'GET', '/simulator/state')).body;

  test('access is given at the key, to a service principal, under a name derived from its parts', async () => {
    expect(await held(ward)).toBe(false);
    const vault = await vaultNow(azure, care);
    const sent = await sentDuring(running, async () => {
      const receipt = got(await azure.grants.grant(vault, keyName, ward, tenantId));
      expect(receipt.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    });
    const roleDefinitionId = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${encryptionUser}`;
    const properties = { roleDefinitionId, principalId: ward, principalType: 'ServicePrincipal' };
    expect(sent).toMatchObject([{ method: 'PUT', status: 201, body: { properties } }]);
    const name = roleAssignmentName(scope, ward, encryptionUser);
    expect(sent[0]?.url).toContain(`${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`);
    expect([await held(ward), await held(ward, key('signing-only'))]).toEqual([true, false]);
  });

  test.each([
    [reader, false],
    [cryptoUser, true],
  ])('the role %s on a wider scope is enough: %s', async (role, expected) => {
    const give = giveRole(shared, role, () => subscription, 'ServicePrincipal');
    await changeState(running, all(takeRoles(shared), give));
    expect(await held(shared)).toBe(expected);
  });

  test('an access policy gets the three rights, and all other policies stay', async () => {
    const name = key('cmk-policy');
    expect(await held(ward, name, policies)).toBe(false);
    const vault = await vaultNow(azure, policies);
    const sent = await sentDuring(running, async () => got(await azure.grants.grant(vault, name, ward, tenantId)));
    const added = { tenantId, objectId: ward, permissions: { keys: ['get', 'wrapKey', 'unwrapKey'] } };
    expect(sent.map(({ body }) => body)).toEqual([{ properties: { accessPolicies: [added] } }]);
    expect(sent[0]?.url).toContain('/vaults/kv-policy-keys/accessPolicies/add?');
    expect(await held(ward, name, policies)).toBe(true);
    const { vaults } = await stateNow();
    expect(vaults.find((one) => one.name === 'kv-policy-keys')?.accessPolicies).toHaveLength(2);
  });

  test.each([
    ['rights in other spelling are enough', ['Get', 'WRAPKEY', 'unwrapkey'], null, true],
    ['rights through an application only are not', ['all'], ward, false],
  ])('%s', async (_, rights, applicationId, expected) => {
    const holder = crypto.randomUUID();
    const forApp = onVault('kv-policy-keys', ({ accessPolicies }) => {
      for (const one of accessPolicies) if (one.objectId === holder) one.applicationId = applicationId;
    });
    await changeState(running, all(givePolicy('kv-policy-keys', holder, ...rights), forApp));
    expect(await held(holder.toUpperCase(), key('cmk-policy'), policies)).toBe(expected);
  });

  test('names an assignment as the template function guid() does', () => {
    // ARM's documented namespace over the arguments joined by hyphens, worked out with another program.
    expect(roleAssignmentName('scope', 'principal', 'role')).toBe('0f761181-d230-57d6-9a09-8d94e57723e2');
  });

  test.each([
    ['/', true],
    [subscription, true],
    [subscription.slice(0, -1), false],
    ['/providers/Microsoft.Management/managementGroups/hospital', true],
    [`${care.toUpperCase()}/KEYS/k`, true],
    [`${care}/keys/k2`, false],
    [agent as string, false],
  ])('%s covers the key: %s', (wide, expected) => expect(scopeCovers(wide, `${care}/keys/k`)).toBe(expected));

  test('a vault is read with what matters about it', async () => {
    expect(await vaultNow(azure, care)).toEqual({
      id: care,
      name: 'kv-care-prod',
      uri: `https://localhost:${running.port + 1}/`,
      location: 'westeurope',
      tenantId,
      softDelete: true,
      retentionDays: 90,
      purgeProtection: false,
      access: 'role-assignments',
      firewall: 'open',
      sku: 'standard',
      createdAt: '2024-03-04T08:00:00.000Z',
    });
    expect(got(await azure.vaults.get(vaultId('kv-no-such')))).toBeNull();
  });

  test.each([
    ['kv-care-prod', care, false, { enablePurgeProtection: true }],
    ['kv-legacy', legacy, true, { enablePurgeProtection: true, enableSoftDelete: true }],
  ])('%s is protected by sending only what is missing', async (_name, id, softDelete, properties) => {
    const sent = await sentDuring(running, async () => got(await azure.vaults.protect(id, { softDelete })));
    expect(sent.map(({ method, body }) => ({ method, body }))).toEqual([{ method: 'PATCH', body: { properties } }]);
    expect(await vaultNow(azure, id)).toMatchObject({ purgeProtection: true, softDelete: true });
  });
});

describe('locks and permissions', () => {
  const group = `${subscription}/resourceGroups/rg-care-prod`;

  const locked = (...locks: readonly (readonly [name: string, scope: string, level?: string])[]): Promise<void> =>
    changeState(running, (state) => {
      state.locks = locks.map(([name, scope, level = 'ReadOnly']) => ({ name, scope, level, notes: '' }));
    });

  test('all locks that hold are told, each with its level: on the resource, its group and its subscription', async () => {
    await locked(['keep', care, 'CanNotDelete'], ['freeze', group], ['all', subscription]);
    expect(got(await azure.guards.locks(care))).toEqual([
      { name: 'keep', level: 'cannot-delete', scope: care },
      { name: 'freeze', level: 'read-only', scope: group },
      { name: 'all', level: 'read-only', scope: subscription },
    ]);
    await locked(['below', `${care}/keys/cmk-triage-agent`], ['beside', `${care}-2`], ['other', agent]);
    expect(got(await azure.guards.locks(care))).toEqual([]);
  });

  test('a lock of a level nobody knows is a failure, not no lock', async () => {
    const odd = {
      id: `${agent}/providers/Microsoft.Authorization/locks/odd`,
      name: 'odd',
      properties: { level: 'New' },
    };
    const outcome = await under(running, answers('/locks', 200, { value: [odd] }), () => azure.guards.locks(agent));
    expect(failureOf(outcome)).toMatchObject({ code: 'UnexpectedAnswer' });
  });

  const writeResource = 'Microsoft.HealthBot/healthBots/write';

  /** As control-plane actions. */
  const mayOn = async (id: ArmId, ...actions: readonly string[]) => {
    const answer = await azure.guards.allowed(id, { actions, dataActions: [] });
    return answer.ok ? done(answer.value.actions) : answer;
  };

  test('one role’s exceptions take nothing from another’s; a data action is another right than the action of its name', async () => {
    const read = 'Microsoft.KeyVault/vaults/keys/read';
    const create = 'Microsoft.KeyVault/vaults/keys/create/action';
    const value = [
      { actions: ['*'], notActions: [writeResource, create] },
      { actions: [writeResource] },
      { actions: [read], notActions: [], dataActions: ['Microsoft.KeyVault/vaults/*'], notDataActions: [read] },
      { actions: [create], notActions: ['*'] },
    ];
    const asked = { actions: [read, create, writeResource], dataActions: [read, create] };
    const sent = await sentDuring(running, async () => {
      const answered = answers('/permissions', 200, { value });
      expect(got(await under(running, answered, () => azure.guards.allowed(care, asked)))).toEqual({
        actions: { [read]: true, [create]: false, [writeResource]: true },
        dataActions: { [read]: false, [create]: true },
      });
    });
    expect(sent).toHaveLength(1);
  });

  interface Before {
    readonly resource: ObservedResource;
    readonly vault: ObservedVault;
  }
  type Calls = (id: ArmId, before: Before) => Promise<readonly Outcome<unknown>[]>;
  const anything: Calls = async (id) => [await azure.guards.locks(id), await mayOn(id, writeResource)];
  const agents: Calls = async (id, { resource }) => {
    const ref = { kind: 'healthcare-agent', id };
    return [
      await azure.resources.get(ref),
      await azure.resources.tags(ref),
      await azure.resources.enableSystemIdentity(ref, resource),
      await azure.resources.setCustomerKey(ref, resource, { vaultUri: '', keyName: 'k', keyVersion: null }),
    ];
  };
  const vaults: Calls = async (id, { vault }) => [
    await azure.vaults.get(id),
    await azure.vaults.protect(id, { softDelete: true }),
    await azure.keys.list(id),
    await azure.grants.held({ ...vault, id }, key('k'), tenantId),
    await azure.grants.grant({ ...vault, id }, key('k'), tenantId, tenantId),
  ];

  const storage = ArmId.parse(`${group}/providers/Microsoft.Sql/servers/s`);
  const outside = resourceId('wages-agent', 'rg-finance', financeId);
  test.each<[string, ArmId, Calls, string | null]>([
    ['another kind', storage, anything, 'known-kind'],
    ['an escaped slash', resourceId('a%2fb'), agents, 'healthcare-agent'],
    ['anything in another subscription', outside, anything, null],
    ['a resource in another subscription', outside, agents, null],
    ['a vault in another subscription', vaultId('kv-care-prod', 'rg-finance', financeId), vaults, null],
  ])('resources the bot has no business with %s is refused before anything is sent', async (_what, id, calls, kind) => {
    const found =
      kind === null ? { code: 'outside-subscriptions', subscriptionId: financeId } : { code: 'not-of-kind', id, kind };
    const resource = await resourceNow(azure, resourceRef('triage-agent-prod'));
    const before = { resource, vault: await vaultNow(azure, care) };
    const sent = await sentDuring(running, async () => {
      for (const outcome of await calls(id, before))
        expect(failureOf(outcome)).toMatchObject({ source: 'bot', next: 'ask', found });
    });
    expect(sent).toEqual([]);
  });
});
