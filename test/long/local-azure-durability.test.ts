import { discard, http, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import { type Clients, clientsOf, codeOf, giveIdentity, readAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, bot } from '../support/azure/local-azure-names.ts';

/** What survives restarts and crashes, and what takes time. */

const agent = agentId('triage-agent-prod');
let azure: RunningAzure;

afterEach(() => discard(azure));

const restart = async (latency: 'instant' | 'realistic', port = azure.port): Promise<Clients> => {
  azure = await startAzure({ dataDir: azure.dataDir, port, latency });
  return clientsOf(azure);
};

const becomeInstant = () => http(azure, 'PUT', '/simulator/latency', { body: { latency: 'instant' } });

const requests = async () => (await http(azure, 'GET', '/simulator/requests')).body;

test('keeps an answered write when it is killed right after', async () => {
  azure = await startAzure();
  await clientsOf(azure)
    .vaults()
    .vaults.update('rg-care-prod', 'kv-care-prod', { properties: { enablePurgeProtection: true } });
  await azure.kill();
  const clients = await restart('instant');
  const vault = await clients.vaults().vaults.get('rg-care-prod', 'kv-care-prod');
  expect(vault.properties.enablePurgeProtection).toBe(true);
  const patches = (await requests()).filter((one: { method: string }) => one.method === 'PATCH');
  expect(patches).toHaveLength(1);
  expect(patches[0]).toMatchObject({
    status: 200,
    principalId: bot.id,
    body: { properties: { enablePurgeProtection: true } },
  });
  expect(patches[0].clientRequestId).toMatch(/^[0-9a-f-]{36}$/);
});

test('ends an operation that was in flight when it went down, and keeps its certificate and tokens', async () => {
  azure = await startAzure({ latency: 'realistic' });
  const first = azure.ca;
  const slow = { match: { method: 'PATCH' }, times: 1, operation: { takesMs: 600_000 } };
  await http(azure, 'POST', '/simulator/faults', { body: slow });
  const headers = { authorization: `Bearer ${await clientsOf(azure).token()}` };
  const path = `${agent}?api-version=2025-11-01`;
  const written = await http(azure, 'PATCH', path, { headers, body: { identity: { type: 'SystemAssigned' } } });
  const status = String(written.headers['azure-asyncoperation']).slice(azure.url.length);
  expect((await http(azure, 'GET', status, { headers })).body.status).toBe('Working');
  await azure.kill();
  const clients = await restart('realistic');
  expect(azure.ca).toBe(first);
  const again = { properties: { provisioningState: 'Accepted' } };
  expect((await http(azure, 'GET', path, { headers })).body).toMatchObject(again);
  expect(await codeOf(giveIdentity(clients, agent))).toBe('ConflictingConcurrentWriteNotAllowed');
  await becomeInstant();
  expect((await http(azure, 'GET', status, { headers })).body.status).toBe('Succeeded');
  expect((await readAgent(clients, agent)).identity?.principalId).toMatch(/^[0-9a-f-]{36}$/);
});
