import { changeState, discard, http, type RunningAzure, startAzure } from '../support/local-azure.ts';
import {
  agentId,
  type Clients,
  clientsOf,
  codeOf,
  messageOf,
  readAgent,
  researchId,
} from '../support/local-azure-clients.ts';

/** What goes wrong on purpose, and the other doors for tests. */

const agent = agentId('triage-agent-prod');
let azure: RunningAzure;
let clients: Clients;
let untouched: unknown;

beforeAll(async () => {
  azure = await startAzure();
  clients = clientsOf(azure);
  untouched = (await http(azure, 'GET', '/simulator/state')).body;
});

beforeEach(async () => {
  await http(azure, 'PUT', '/simulator/state', { body: untouched });
});

afterAll(() => discard(azure));

const requests = async () => (await http(azure, 'GET', '/simulator/requests')).body;

test('answers as a fault says, as often as it says', async () => {
  const respond = {
    status: 429,
    headers: { 'retry-after': '7' },
    body: { error: { code: 'TooMany', message: 'slow down' } },
  };
  await http(azure, 'POST', '/simulator/faults', {
    body: { match: { method: 'GET', url: '/healthBots/triage' }, times: 2, respond },
  });
  expect(await codeOf(readAgent(clients, agent))).toBe('TooMany');
  expect((await readAgent(clients, agentId('x-ray-agent', 'rg-research', researchId))).name).toBe('x-ray-agent');
  expect(await codeOf(readAgent(clients, agent))).toBe('TooMany');
  expect((await readAgent(clients, agent)).name).toBe('triage-agent-prod');
});

test('does the work and loses the answer when a fault drops it', async () => {
  await http(azure, 'POST', '/simulator/faults', { body: { match: { method: 'PATCH' }, drop: true, delayMs: 50 } });
  const protect = () =>
    clients.vaults().vaults.update('rg-care-prod', 'kv-care-prod', { properties: { enablePurgeProtection: true } });
  expect(await messageOf(protect())).toMatch(/socket hang up|ECONNRESET/);
  const vault = await clients.vaults().vaults.get('rg-care-prod', 'kv-care-prod');
  expect(vault.properties.enablePurgeProtection).toBe(true);
  expect((await requests()).at(-2)).toMatchObject({ method: 'PATCH', status: 0 });
  await http(azure, 'DELETE', '/simulator/faults');
  await protect();
});

test('does nothing when a fault drops the request itself', async () => {
  const fault = { match: { method: 'PATCH' }, times: 1, drop: true, respond: { status: 500 } };
  await http(azure, 'POST', '/simulator/faults', { body: fault });
  await messageOf(
    clients.vaults().vaults.update('rg-care-prod', 'kv-care-prod', { properties: { enablePurgeProtection: true } }),
  );
  const vault = await clients.vaults().vaults.get('rg-care-prod', 'kv-care-prod');
  expect(vault.properties.enablePurgeProtection).toBeUndefined();
});

test('refuses a state or a fault that makes no sense', async () => {
  expect((await http(azure, 'PUT', '/simulator/state', { body: { tenantId: 'x' } })).status).toBe(400);
  expect((await http(azure, 'POST', '/simulator/faults', { body: { match: { url: '(' } } })).status).toBe(400);
  expect((await http(azure, 'POST', '/simulator/faults', { body: { macth: {} } })).status).toBe(400);
});

test('listens at once for a vault that a new state brings', async () => {
  await changeState(azure, (state) => {
    state.vaults.push({ ...structuredClone(state.vaults[0]), n: 7, port: 0, name: 'kv-new' });
  });
  const key = await clientsOf(azure)
    .keys(`https://localhost:${azure.port + 7}/`)
    .getKey('cmk-triage-agent');
  expect(key.name).toBe('cmk-triage-agent');
});

test('keeps secrets out of its log', async () => {
  await clients.token();
  expect(JSON.stringify(await requests())).not.toContain('local-bot');
});
