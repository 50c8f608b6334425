import { connectionOf } from '../../src/azure/azure.ts';
import { roleDefinitions } from '../../src/azure/control.ts';
import { openCredential } from '../../src/azure/credential.ts';
import { roleAssignmentName, scopeCovers } from '../../src/azure/grants.ts';
import type { Controller } from '../../src/domain/control.ts';
import { catchFailure, done, type Outcome } from '../../src/domain/failure.ts';
import { ArmId } from '../../src/domain/ids.ts';
import type { ObservedResource, ObservedVault } from '../../src/domain/observed.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import { type AzureState, all, givePolicy, giveRole, onVault, takeRoles } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf, giveIdentity, grantOnKey, writeAgent } from '../support/azure/local-azure-clients.ts';
import {
  bot,
  careId,
  connect,
  connectedAzure,
  customCloud,
  encryptionUser,
  failureOf,
  financeId,
  got,
  key,
  outsideFailureOf,
  owner,
  researchId,
  resourceId,
  resourceNow,
  resourceRef,
  sentDuring,
  tenantId,
  under,
  untilItWorks,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

/** Who has control over a key and who changed what: members of groups, what roles allow, and the Activity Log. */
describe('control and changes', () => {
  const { running, azure } = connectedAzure();

  const custodians = '60000000-0000-4000-8000-0000000000c1';
  const [second, third, fourth] = [2, 3, 4].map((n) => `20000000-0000-4000-8000-00000000000${n}`);

  async function control() {
    const vault = await vaultNow(azure, vaultId('kv-care-prod'));
    const { controllers, unseen } = got(await azure.control.of(vault, key('cmk-triage')));
    return { group: controllers.find(({ id }) => id === custodians), unseen };
  }
  const seen = async () => (await control()).group;

  const changeCustodians = (change: object) =>
    changeState(running, ({ groups }: AzureState) => {
      for (const group of groups) if (group.id === custodians) Object.assign(group, change);
    });

  async function seenWith(...memberIds: readonly (string | undefined)[]): Promise<Controller | undefined> {
    await changeCustodians({ memberIds });
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
    const [inner, app] = ['60000000-0000-4000-8000-0000000000ab', owner.id];
    await changeState(running, (state) => {
      state.groups.push({ id: inner, displayName: 'Inner', memberIds: [app] });
    });
    const direct = await seenWith(third, app);
    expect(direct).toMatchObject({
      members: 1,
      people: without?.people,
      apps: [expect.stringMatching(/^[0-9a-f]{16}$/)],
    });
    expect((await seenWith(third, inner))?.apps).toEqual(direct?.apps);
    expect(without?.apps).toEqual([]);
  });

  /** Answers with more pages of members than are read. */
  const tooMany = (type: 'user' | 'servicePrincipal', ofThem: object) => {
    const path = `${running.url}/v1.0/groups/${custodians}/transitiveMembers/microsoft.graph.${type}`;
    return Array.from({ length: 25 }, (_, n) => ({
      match: { url: n === 0 ? `graph.${type}(?!.*skiptoken)` : `skiptoken=${n}x` },
      respond: {
        status: 200,
        body: { '@odata.count': 2100, value: [ofThem], '@odata.nextLink': `${path}?$skiptoken=${n + 1}x` },
      },
    })).toReversed();
  };

  test('a group whose apps can’t be read, or are too many, keeps its people and isn’t complete', async () => {
    const whole = await seenWith(third);
    expect((await control()).unseen).toEqual([]);
    const refused = {
      match: { url: 'graph.servicePrincipal' },
      respond: { status: 403, body: { error: { code: 'No' } } },
    };
    for (const faults of [[refused], tooMany('servicePrincipal', { id: owner.id })])
      expect(await under(running, faults, control)).toEqual({
        group: { ...whole, apps: undefined },
        unseen: ['names'],
      });
  });

  test('of a group of more people than are read there is the number alone, and so of none that Graph does not tell', async () => {
    const count = { match: { url: 'top=1$' }, respond: { status: 200, body: { '@odata.count': 2100, value: [] } } };
    const many = await under(running, [count, ...tooMany('user', { id: third })], seen);
    expect([many?.members, many?.people]).toEqual([2100, undefined]);
    const fault = { match: { url: 'transitiveMembers' }, respond: { status: 403, body: { error: { code: 'No' } } } };
    const silent = await under(running, fault, () => seenWith(third));
    expect([silent?.name, silent?.members, silent?.people]).toEqual([null, null, undefined]);
  });

  describe('what a role allows', () => {
    const builtIn = '00482a5a-887f-4fb3-b363-3b7fe8e74483';
    const custom = '70000000-0000-4000-8000-000000000001';

    /** A bot that has just started, and a clock that stands still until it is moved. */
    function started(): { readonly roles: ReturnType<typeof roleDefinitions>; readonly pass: (ms: number) => void } {
      let now = 0;
      const pass = (ms: number): void => {
        now += ms;
      };
      const cloud = customCloud(running);
      const signIn = { tenantId, clientId: bot.id, clientSecret: bot.secret, federatedTokenFile: null };
      const credential = openCredential(signIn, cloud);
      const connection = connectionOf({
        kinds,
        cloud,
        credential,
        subscriptions: [careId],
        limits: { firstRetryMs: 20 },
      });
      return { roles: roleDefinitions(connection, () => now), pass };
    }

    const careVault = () => vaultNow(azure, vaultId('kv-care-prod'));
    const asked = async (work: () => Promise<unknown>): Promise<readonly string[]> =>
      (await sentDuring(running, work)).flatMap(({ url }) => /roleDefinitions\/([^?]+)/.exec(url)?.[1] ?? []);

    test('a custom role is read each time, a built-in one again after an hour', async () => {
      const [{ roles, pass }, at] = [started(), await careVault()];
      const read = () => asked(() => roles(at, [builtIn, custom]));
      expect((await read()).toSorted()).toEqual([builtIn, custom]);
      pass(3_599_999);
      expect(await read()).toEqual([custom]);
      pass(1);
      expect((await read()).toSorted()).toEqual([builtIn, custom]);
    });

    test('a failure is not remembered, and neither is a missing permission', async () => {
      const [{ roles }, at] = [started(), await careVault()];
      const answered = (status: number, code: string) =>
        under(
          running,
          { match: { url: 'roleDefinitions' }, respond: { status, body: { error: { code, message: 'x' } } } },
          () => catchFailure(() => roles(at, [builtIn])),
        );
      expect(outsideFailureOf(await answered(503, 'ServiceUnavailable')).next).toBe('wait');
      expect(got(await answered(403, 'AuthorizationFailed')).get(builtIn)).toBeNull();
      expect((await roles(at, [builtIn])).get(builtIn)).toMatchObject([{ dataActions: expect.anything() }]);
    });
  });

  test('a missing permission is counted where the bot needs it alone, and a refused name is read once', async () => {
    const counted: string[] = [];
    const own = connect(running, { onFailure: ({ doing }) => counted.push(doing) });
    const at = await vaultNow(azure, vaultId('kv-care-prod'));
    await untilItWorks(() => own.vaults.get(at.id));
    counted.length = 0;
    const body = { error: { code: 'AuthorizationFailed', message: 'x' } };
    await under(running, { match: { url: 'subscriptions/' }, respond: { status: 403, body } }, async () => {
      const name = async () => got(await own.control.subscriptionName(careId));
      const sent = await sentDuring(running, async () => expect([await name(), await name()]).toEqual([null, null]));
      expect(sent).toHaveLength(1);
      expect(got(await own.control.of(at, key('cmk-triage'))).unseen).toContain('role-assignments');
      expect(got(await own.keyUsers.holders(at, null))).toBeNull();
      const refused = await Promise.all([
        own.guards.locks(at.id),
        own.guards.allowed(at.id, { actions: [], dataActions: [] }),
        own.policies.assigned(careId, []),
        own.changes.activity([at.id], new Date()),
      ]);
      expect(refused.map((one) => outsideFailureOf(one).code)).toEqual(refused.map(() => body.error.code));
      expect(counted).toEqual([]);
      const { doing } = failureOf(await own.vaults.get(at.id));
      expect(counted).toEqual([doing]);
    });
  });

  describe('the Activity Log', () => {
    const agent = resourceId('triage-agent-prod');
    const vault = vaultId('kv-care-prod');
    const since = new Date(Date.now() - 60_000);
    const operations = async (...ids: readonly (typeof agent)[]) => {
      const read = await azure.changes.activity(ids, since);
      if (!read.ok) throw new Error(JSON.stringify(read.failure));
      return read.value.map(({ operation, target, by, byType }) => ({ operation, target, by, byType }));
    };

    test('has writes of other clients with who sent them, also assignments on a key, and nothing of other resources', async () => {
      const others = clientsOf(running, owner);
      await writeAgent(others, agent, { tags: { ward: '7' } });
      await writeAgent(others, resourceId('vaccination-agent'), { tags: { ward: '8' } });
      const principal = await giveIdentity(others, resourceId('vaccination-agent'));
      const assignment = '00000000-0000-4000-8000-0000000000aa';
      await grantOnKey(others, assignment, vault, 'cmk-triage-agent', principal);
      const by = { by: owner.id, byType: 'Application' };
      expect(await operations(agent)).toEqual([
        { operation: 'Microsoft.HealthBot/healthBots/write', target: agent, ...by },
      ]);
      expect(await operations(vault)).toEqual([
        {
          operation: 'Microsoft.Authorization/roleAssignments/write',
          target: `${vault}/keys/cmk-triage-agent/providers/Microsoft.Authorization/roleAssignments/${assignment}`,
          ...by,
        },
      ]);
    });

    test('is read to its last page', async () => {
      const page = (size: number) =>
        changeState(running, (state) => {
          state.settings.pageSize = size;
        });
      const whole = await operations(agent, vault);
      await page(1);
      const sent = await sentDuring(running, async () => expect(await operations(agent)).toEqual(whole.slice(0, 1)));
      await page(1_000);
      // The newest event comes first, and the agent's is the oldest.
      expect(sent.length).toBeGreaterThan(2);
      expect(sent.slice(1).map(({ url }) => url)).toEqual(
        sent.slice(1).map(() => expect.stringContaining('skiptoken')),
      );
    });
  });
});

/** Vaults, and who may use their keys. */
describe('vaults and grants', () => {
  const { running, azure } = connectedAzure();

  /** Identities that exist from the start. */
  const ward = '90000000-0000-4000-8000-000000000002';
  const wellness = '90000000-0000-4000-8000-000000000003';
  const shared = '90000000-0000-4000-8000-000000000004';
  const cryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424';
  const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

  const care = vaultId('kv-care-prod');
  const policies = vaultId('kv-policy-keys');
  const legacy = vaultId('kv-legacy', 'rg-research', researchId);
  const keyName = key('cmk-triage-agent');

  const assignments = async (principalId: string) =>
    (await http(running, 'GET', '/simulator/state')).body.roleAssignments.filter(
      (one: { principalId: string }) => one.principalId === principalId,
    );

  describe('access to a key by role assignment', () => {
    test('is not held before it was granted', async () => {
      expect(got(await azure.grants.held(await vaultNow(azure, care), keyName, ward))).toBe(false);
    });

    test('is given at the key, to a service principal, under a name derived from its parts', async () => {
      const vault = await vaultNow(azure, care);
      const scope = `${care}/keys/${keyName}`;
      const sent = await sentDuring(running, async () => {
        const receipt = got(await azure.grants.grant(vault, keyName, ward, tenantId));
        expect(receipt.correlationId).toMatch(/^[0-9a-f-]{36}$/);
      });
      expect(sent).toHaveLength(1);
      expect(sent[0]).toMatchObject({
        method: 'PUT',
        status: 201,
        body: {
          properties: {
            roleDefinitionId: `/subscriptions/${careId}/providers/Microsoft.Authorization/roleDefinitions/${encryptionUser}`,
            principalId: ward,
            principalType: 'ServicePrincipal',
          },
        },
      });
      expect(sent[0]?.url).toContain(`${scope}/providers/Microsoft.Authorization/roleAssignments/`);
      expect(sent[0]?.url).toContain(roleAssignmentName(scope, ward, encryptionUser));
      expect(got(await azure.grants.held(vault, keyName, ward))).toBe(true);
    });

    test('the same assignment under another name is as good', async () => {
      const vault = await vaultNow(azure, care);
      const scope = `${care}/keys/${keyName}`;
      await changeState(
        running,
        giveRole(wellness, encryptionUser, () => scope, 'ServicePrincipal'),
      );
      const receipt = got(await azure.grants.grant(vault, keyName, wellness, tenantId));
      expect(receipt.correlationId).not.toBeNull();
      expect(await assignments(wellness)).toHaveLength(1);
    });

    test('a key is not covered by a grant on another one', async () => {
      const vault = await vaultNow(azure, care);
      expect(got(await azure.grants.held(vault, key('signing-only'), ward))).toBe(false);
    });

    test('a wider role on a wider scope is enough, and one that only reads is not', async () => {
      const vault = await vaultNow(azure, care);
      const heldWith = async (role: string): Promise<boolean> => {
        const give = giveRole(shared, role, () => `/subscriptions/${careId}`, 'ServicePrincipal');
        await changeState(running, all(takeRoles(shared), give));
        return got(await azure.grants.held(vault, keyName, shared));
      };
      expect(await heldWith(reader)).toBe(false);
      expect(await heldWith(cryptoUser)).toBe(true);
    });
  });

  describe('access to keys by access policy', () => {
    test('adds the three rights and keeps all other policies', async () => {
      const vault = await vaultNow(azure, policies);
      expect(got(await azure.grants.held(vault, key('cmk-policy'), ward))).toBe(false);
      const sent = await sentDuring(running, async () =>
        got(await azure.grants.grant(vault, key('cmk-policy'), ward, tenantId)),
      );
      expect(sent).toHaveLength(1);
      expect(sent[0]?.url).toContain('/vaults/kv-policy-keys/accessPolicies/add?');
      expect(sent[0]?.body).toEqual({
        properties: {
          accessPolicies: [{ tenantId, objectId: ward, permissions: { keys: ['get', 'wrapKey', 'unwrapKey'] } }],
        },
      });
      expect(got(await azure.grants.held(vault, key('cmk-policy'), ward))).toBe(true);
      const { body } = await http(running, 'GET', '/simulator/state');
      const held = body.vaults.find((one: { name: string }) => one.name === 'kv-policy-keys');
      expect(held.accessPolicies).toHaveLength(2);
    });

    test.each([
      ['rights in other spelling are enough', ['Get', 'WRAPKEY', 'unwrapkey'], null, true],
      ['all rights are enough', ['all'], null, true],
      ['rights without unwrapping are not', ['get', 'wrapKey'], null, false],
      ['rights through an application only are not', ['all'], ward, false],
    ])('%s', async (_, rights, applicationId, expected) => {
      const holder = crypto.randomUUID();
      const forApp = onVault('kv-policy-keys', ({ accessPolicies }) => {
        for (const one of accessPolicies) if (one.objectId === holder) one.applicationId = applicationId;
      });
      await changeState(running, all(givePolicy('kv-policy-keys', holder, ...rights), forApp));
      const vault = await vaultNow(azure, policies);
      expect(got(await azure.grants.held(vault, key('cmk-policy'), holder.toUpperCase()))).toBe(expected);
    });
  });

  test('names an assignment as the template function guid() does', () => {
    // ARM's documented namespace over the arguments joined by hyphens, worked out with another program.
    expect(roleAssignmentName('scope', 'principal', 'role')).toBe('0f761181-d230-57d6-9a09-8d94e57723e2');
    expect(roleAssignmentName('scope', 'principal', 'role2')).not.toBe(
      roleAssignmentName('scope', 'principal', 'role'),
    );
  });

  test.each([
    ['/', true],
    [`/subscriptions/${careId}`, true],
    [`/subscriptions/${careId.slice(0, -1)}`, false],
    ['/providers/Microsoft.Management/managementGroups/hospital', true],
    [`${care.toUpperCase()}/KEYS/k`, true],
    [`${care}/keys/k2`, false],
    [`${care}/keys`, true],
    [resourceId('triage-agent-prod') as string, false],
  ])('%s covers the key: %s', (scope, expected) => expect(scopeCovers(scope, `${care}/keys/k`)).toBe(expected));

  describe('reading a vault', () => {
    test('tells what matters about it', async () => {
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
    });

    test('a denied default closes the firewall whatever bypass there is', async () => {
      expect(await vaultNow(azure, vaultId('kv-lab', 'rg-research', researchId))).toMatchObject({ firewall: 'closed' });
    });

    test('sees access policies, premium hardware and missing soft delete', async () => {
      expect(await vaultNow(azure, policies)).toMatchObject({ access: 'access-policies' });
      expect(await vaultNow(azure, vaultId('kv-hospital-keys'))).toMatchObject({
        sku: 'premium',
        purgeProtection: true,
      });
      expect(await vaultNow(azure, legacy)).toMatchObject({ softDelete: false, purgeProtection: false });
    });

    test.each(['Disabled', 'SecuredByPerimeter'])(
      'public access %s closes the firewall',
      async (publicNetworkAccess) => {
        const close = onVault('kv-policy-keys', (one) => Object.assign(one, { publicNetworkAccess }));
        await changeState(running, close);
        expect(await vaultNow(azure, policies)).toMatchObject({ firewall: 'closed' });
      },
    );

    test('a vault that does not exist is null', async () => {
      expect(got(await azure.vaults.get(vaultId('kv-no-such')))).toBeNull();
    });
  });

  describe('protecting a vault', () => {
    test('sends only what is missing', async () => {
      const sent = await sentDuring(running, async () => got(await azure.vaults.protect(care, { softDelete: false })));
      expect(sent.map(({ method, body }) => ({ method, body }))).toEqual([
        { method: 'PATCH', body: { properties: { enablePurgeProtection: true } } },
      ]);
      expect(await vaultNow(azure, care)).toMatchObject({ purgeProtection: true, softDelete: true });
    });

    test('turns on soft delete with it where asked', async () => {
      const sent = await sentDuring(running, async () => got(await azure.vaults.protect(legacy, { softDelete: true })));
      expect(sent[0]?.body).toEqual({ properties: { enablePurgeProtection: true, enableSoftDelete: true } });
      expect(await vaultNow(azure, legacy)).toMatchObject({ purgeProtection: true, softDelete: true });
    });
  });
});

describe('locks and permissions', () => {
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

    test("one role's exceptions take nothing from another's", async () => {
      const body = { value: [{ actions: ['*'], notActions: [writeResource] }, { actions: [writeResource] }] };
      const fault = { match: { url: '/permissions' }, respond: { status: 200, body } };
      expect(got(await under(running, fault, () => mayOn(resource, [writeResource])))).toEqual({
        [writeResource]: true,
      });
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
});
