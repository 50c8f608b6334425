import { discard, http, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { agentId, vaultId } from '../support/azure/local-azure-names.ts';

/** How quick Azure is can be changed while it runs. */

const agent = agentId('triage-agent-prod');
let azure: RunningAzure;

afterEach(() => discard(azure));

const latency = async () => (await http(azure, 'GET', '/simulator/latency')).body;
const become = (wanted: string) => http(azure, 'PUT', '/simulator/latency', { body: { latency: wanted } });

/** PATCHes the agent and answers with the path of the operation's status. */
const startIdentity = async (headers: Record<string, string>): Promise<string> => {
  const body = { identity: { type: 'SystemAssigned' } };
  const written = await http(azure, 'PATCH', `${agent}?api-version=2025-11-01`, { headers, body });
  return String(written.headers['azure-asyncoperation']).slice(azure.url.length);
};

test('becomes instant at once, also for what is under way', async () => {
  azure = await startAzure({ latency: 'realistic' });
  expect(await latency()).toEqual({ latency: 'realistic' });
  const headers = { authorization: `Bearer ${await clientsOf(azure).token()}` };
  const status = await startIdentity(headers);
  expect((await http(azure, 'GET', status, { headers })).body.status).toBe('Working');
  expect(await become('instant')).toMatchObject({ status: 200, body: { latency: 'instant' } });
  expect((await http(azure, 'GET', status, { headers })).body.status).toBe('Succeeded');
  const { body } = await http(azure, 'GET', `${agent}?api-version=2025-11-01`, { headers });
  const grant = `${vaultId('kv-care-prod')}/keys/cmk-triage-agent/providers/Microsoft.Authorization/roleAssignments/80000000-0000-4000-8000-0000000000bb`;
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6`;
  const properties = { roleDefinitionId, principalId: body.identity.principalId, principalType: 'ServicePrincipal' };
  const granted = await http(azure, 'PUT', `${grant}?api-version=2022-04-01`, { headers, body: { properties } });
  expect(granted.status).toBe(201);
});

test('becomes realistic at once', async () => {
  azure = await startAzure({ latency: 'instant' });
  const headers = { authorization: `Bearer ${await clientsOf(azure).token()}` };
  await become('realistic');
  const status = await startIdentity(headers);
  expect((await http(azure, 'GET', status, { headers })).body.status).toBe('Working');
});

test('refuses any other', async () => {
  azure = await startAzure();
  expect((await become('slow')).status).toBe(400);
  expect((await http(azure, 'PUT', '/simulator/latency', { body: {} })).status).toBe(400);
  expect(await latency()).toEqual({ latency: 'instant' });
});

test('stays as it was told to be until a start says otherwise', async () => {
  azure = await startAzure({ latency: 'realistic' });
  await become('instant');
  await azure.stop();
  azure = await startAzure({ dataDir: azure.dataDir, port: azure.port, latency: 'as it was' });
  expect(await latency()).toEqual({ latency: 'instant' });
  await azure.kill();
  azure = await startAzure({ dataDir: azure.dataDir, port: azure.port, latency: 'realistic' });
  expect(await latency()).toEqual({ latency: 'realistic' });
});
