import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf, giveIdentity, grantOnKey, writeAgent } from '../support/azure/local-azure-clients.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';
import { careId, connect, owner, resourceId, vaultId } from './azure-setup.ts';

/** Who wrote what, by the Activity Log: through the port, and as other clients ask for it. */

const azure = simulatedAzure();

const agent = resourceId('triage-agent-prod');
const vault = vaultId('kv-care-prod');
const since = new Date(Date.now() - 60_000);
const operations = async (...ids: readonly (typeof agent)[]) => {
  const read = await connect(azure).changes.activity(ids, since);
  if (!read.ok) throw new Error(JSON.stringify(read.failure));
  return read.value.map(({ operation, target, by, byType }) => ({ operation, target, by, byType }));
};

test('has writes of other clients with who sent them, also assignments on a key, and nothing of other resources', async () => {
  const others = clientsOf(azure, owner);
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

test('has a write only after it was ingested, and a refused one never as a success', async () => {
  await changeState(azure, (state) => {
    state.settings.logs.takesMs = 3_600_000;
  });
  expect(await operations(agent, vault)).toEqual([]);
  await changeState(azure, (state) => {
    state.settings.logs.takesMs = null;
  });
  expect(await operations(agent, vault)).toHaveLength(2);
});

const ask = async (filter: string) => {
  const headers = { authorization: `Bearer ${await clientsOf(azure, owner).token()}` };
  const query = new URLSearchParams({ 'api-version': '2015-04-01', $filter: filter });
  const path = `/subscriptions/${careId}/providers/Microsoft.Insights/eventtypes/management/values?${query}`;
  return http(azure, 'GET', path, { headers });
};
const times = `eventTimestamp ge '${since.toISOString()}' and eventTimestamp le '2099-01-01T00:00:00.000Z'`;

test('answers each documented pattern in whole events, and refuses another', async () => {
  const { status, body } = await ask(`${times} and resourceUri eq '${agent}'`);
  expect([status, body.value.length]).toEqual([200, 1]);
  expect(body.value[0]).toMatchObject({
    ...{ resourceId: agent, subscriptionId: careId, resourceGroupName: 'rg-care-prod', caller: owner.id },
    ...{ status: { value: 'Succeeded' }, category: { value: 'Administrative' } },
    ...{ authorization: { action: 'Microsoft.HealthBot/healthBots/write', scope: agent } },
  });
  expect((await ask(times)).body.value.length).toBeGreaterThanOrEqual(3);
  expect((await ask("caller eq 'x'")).status).toBe(400);
});

test('without permission nothing is said', async () => {
  await changeState(azure, (state) => {
    for (const { permissions } of state.roleDefinitions)
      for (const one of permissions)
        one.actions = one.actions.filter((name: string) => !name.startsWith('Microsoft.Insights/'));
  });
  expect(await connect(azure).changes.activity([agent], since)).toMatchObject({
    ok: false,
    failure: { code: 'AuthorizationFailed' },
  });
});
