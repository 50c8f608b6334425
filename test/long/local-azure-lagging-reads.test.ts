import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf, encryptionUser } from '../support/azure/local-azure-clients.ts';
import { agentId, bot, careId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

/** With `settings.readLagMs`, a GET shows the state before the latest writes. */

const azure = simulatedAzure({ restores: true });
let headers: Record<string, string>;

beforeAll(async () => {
  headers = { authorization: `Bearer ${await clientsOf(azure, owner).token()}` };
});

const lag = (readLagMs: number) =>
  changeState(azure, ({ settings }) => {
    settings.readLagMs = readLagMs;
  });
const anHour = 3_600_000;
const ask = async (method: string, path: string, body?: unknown) => {
  const answer = await http(azure, method, path, { headers, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, body: answer.body };
};

const agent = agentId('vaccination-agent');
const agentPath = `${agent}?api-version=2025-11-01`;
const vaultPath = `${vaultId('kv-care-prod')}?api-version=2024-11-01`;
const vaultGroup = `/subscriptions/${careId}/resourceGroups/rg-care-prod/providers/Microsoft.KeyVault/vaults`;
const assignments = `${vaultId('kv-care-prod')}/providers/Microsoft.Authorization/roleAssignments`;
const version = '?api-version=2022-04-01';
const grant = {
  properties: {
    roleDefinitionId: `/subscriptions/${careId}/providers/Microsoft.Authorization/roleDefinitions/${encryptionUser}`,
    principalId: bot.id,
    principalType: 'ServicePrincipal',
  },
};

test('a changed agent or vault is shown as it was before', async () => {
  const before = [await ask('GET', agentPath), await ask('GET', vaultPath)];
  await lag(anHour);
  expect((await ask('PATCH', agentPath, { tags: { ward: '7' } })).status).toBe(201);
  expect((await ask('PATCH', vaultPath, { tags: { ward: '7' } })).status).toBe(200);
  expect([await ask('GET', agentPath), await ask('GET', vaultPath)]).toEqual(before);
  await lag(0);
  const after = [await ask('GET', agentPath), await ask('GET', vaultPath)];
  expect(after.map(({ body }) => body.tags)).toEqual([{ ward: '7' }, { ward: '7' }]);
});

test('a new role assignment is not found, and a second one for the same principal is refused all the same', async () => {
  const list = async () => (await ask('GET', `${assignments}${version}`)).body.value.length;
  const before = await list();
  await lag(anHour);
  const path = `${assignments}/${randomUUID()}${version}`;
  expect((await ask('PUT', path, grant)).status).toBe(201);
  expect([(await ask('GET', path)).status, await list()]).toEqual([404, before]);
  const second = await ask('PUT', `${assignments}/${randomUUID()}${version}`, grant);
  expect([second.status, second.body.error.code]).toEqual([409, 'RoleAssignmentExists']);
  await lag(0);
  expect([(await ask('GET', path)).status, await list()]).toEqual([200, before + 1]);
});

test('a deleted vault is still shown, and a new one is not', async () => {
  await changeState(azure, (state) => {
    state.locks = [];
  });
  await lag(anHour);
  const gone = `${vaultGroup}/kv-care-prod?api-version=2024-11-01`;
  const made = `${vaultGroup}/kv-lagging?api-version=2024-11-01`;
  expect((await ask('DELETE', gone)).status).toBe(200);
  const properties = { tenantId: '10000000-0000-4000-8000-000000000000', sku: { family: 'A', name: 'standard' } };
  expect((await ask('PUT', made, { location: 'westeurope', properties })).status).toBe(201);
  expect([(await ask('GET', gone)).status, (await ask('GET', made)).status]).toEqual([200, 404]);
  await lag(0);
  expect([(await ask('GET', gone)).status, (await ask('GET', made)).status]).toEqual([404, 200]);
});

test('reads catch up once the time has passed, and an operation is never behind', async () => {
  await lag(1_000);
  const from = Date.now();
  const written = await http(azure, 'PATCH', agentPath, { headers, body: { tags: { ward: '7' } } });
  const status = String(written.headers['azure-asyncoperation']).slice(azure.url.length);
  expect((await ask('GET', status)).body.status).toBe('Succeeded');
  while ((await ask('GET', agentPath)).body.tags?.ward !== '7') await new Promise((resolve) => setTimeout(resolve, 50));
  expect(Date.now() - from).toBeGreaterThanOrEqual(1_000);
});
