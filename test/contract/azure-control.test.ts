import { connectionOf } from '../../src/azure/azure.ts';
import { roleDefinitions } from '../../src/azure/control.ts';
import { openCredential } from '../../src/azure/credential.ts';
import type { Controller } from '../../src/domain/control.ts';
import { catchFailure } from '../../src/domain/failure.ts';
import { kinds } from '../../src/operations/resources/registry.ts';
import type { AzureState } from '../support/azure/azure-state.ts';
import { changeState } from '../support/azure/local-azure.ts';
import { clientsOf, giveIdentity, grantOnKey, writeAgent } from '../support/azure/local-azure-clients.ts';
import {
  bot,
  careId,
  connect,
  connectedAzure,
  customCloud,
  failureOf,
  got,
  key,
  outsideFailureOf,
  owner,
  resourceId,
  sentDuring,
  tenantId,
  under,
  untilItWorks,
  vaultId,
  vaultNow,
} from './azure-setup.ts';

/** Who has control over a key and who changed what: members of groups, what roles allow, and the Activity Log. */

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

test('a Microsoft 365 group can’t contain apps: Graph refuses to look for them, and its people are told', async () => {
  await changeCustodians({ groupTypes: ['Unified'] });
  expect(await seenWith(third)).toMatchObject({ members: 1, apps: [] });
  await changeCustodians({ groupTypes: [] });
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
    expect(await under(running, faults, control)).toEqual({ group: { ...whole, apps: undefined }, unseen: ['names'] });
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
    expect(sent.slice(1).map(({ url }) => url)).toEqual(sent.slice(1).map(() => expect.stringContaining('skiptoken')));
  });
});
