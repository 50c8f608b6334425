import { randomUUID } from 'node:crypto';
import { discard, http, startAzure } from '../support/azure/local-azure.ts';
import {
  clientsOf,
  codeOf,
  giveIdentity,
  grantOnKey,
  readAgent,
  writeAgent,
} from '../support/azure/local-azure-clients.ts';
import { agentId, bot, researchId, tenantId, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { freePorts } from '../support/processes/free-ports.ts';

/** The doors for tests and for the page: what goes wrong on purpose, what there was before a change, and the way back to the start. */

const agentName = 'triage-agent-prod';
const agent = agentId(agentName);
const azure = simulatedAzure({ restores: true });
const clients = lazily(() => clientsOf(azure));

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

test('keeps secrets, codes and verifiers out of its log', async () => {
  const grant = { client_id: bot.id, client_secret: bot.secret, code: 'a-code', code_verifier: 'v'.repeat(43) };
  const body = new URLSearchParams({ ...grant, grant_type: 'authorization_code', redirect_uri: 'http://127.0.0.1:1/' });
  await http(azure, 'POST', `/${tenantId}/oauth2/v2.0/token`, { body: body.toString() });
  const log = JSON.stringify((await requests()).at(-1));
  expect(log).toContain('authorization_code');
  for (const secret of [grant.client_secret, grant.code, grant.code_verifier]) expect(log).not.toContain(secret);
});

test('the page where people sign in serves nothing else', async () => {
  const port = await freePorts(11);
  const own = await startAzure({ port, signInPort: port + 11 });
  const pages = `http://localhost:${port + 11}`;
  try {
    expect((await fetch(`${pages}/simulator/state`)).status).toBe(404);
    expect((await fetch(`${pages}/${tenantId}/oauth2/v2.0/token`, { method: 'POST' })).status).toBe(404);
  } finally {
    await discard(own);
  }
});

test.each<[string, 'GET' | 'POST', Record<string, string>, number]>([
  ['a name that somebody else’s server gave for this machine', 'GET', { host: 'azure.evil.example' }, 403],
  ['a page of another site', 'GET', { origin: 'https://evil.example' }, 403],
  ['a page in a sandbox', 'GET', { origin: 'null' }, 403],
  ['an image on such a page', 'GET', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a form, which needs no leave to be sent', 'POST', { 'content-type': 'text/plain' }, 415],
])('the doors, which show private keys, stay shut to %s', async (_who, method, headers, status) => {
  const path = method === 'GET' ? '/simulator/state' : '/simulator/faults';
  const body = { match: { url: 'attack' }, times: 1 };
  const answer = await http(azure, method, path, { headers, ...(method === 'POST' ? { body } : {}) });
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).not.toMatch(/BEGIN|"d"|attack/);
});

interface Looked {
  readonly identity: string;
  readonly key: string;
  readonly purgeProtection: boolean;
}

const before = async (name = agentName): Promise<Looked> => {
  const { body } = await http(azure, 'GET', `/simulator/before?agent=${name}`);
  const { content } = body.agents.find((one: { name: string }) => one.name === name);
  const vault = body.vaults.find((one: { name: string }) => one.name === 'kv-care-prod');
  return {
    identity: content.identity?.type ?? 'none',
    key: content.keyVaultProperties?.keyName ?? 'none',
    purgeProtection: vault.enablePurgeProtection,
  };
};

const revision = async (): Promise<string> => (await http(azure, 'GET', '/simulator/revision')).body.revision;

const setKey = (name: string, keyName: string) =>
  writeAgent(clients, agentId(name), {
    properties: { keyVaultProperties: { keyName, keyVaultUri: `https://localhost:${azure.port + 1}/` } },
  });

/** What the bot does for a request. */
const underKey = async (name: string, keyName: string): Promise<void> => {
  const principalId = await giveIdentity(clients, agentId(name));
  await grantOnKey(clients, randomUUID(), vaultId('kv-care-prod'), keyName, principalId);
  const properties = { enablePurgeProtection: true };
  await clients.vaults().vaults.update('rg-care-prod', 'kv-care-prod', { properties });
  await setKey(name, keyName);
};

const untouched: Looked = { identity: 'none', key: 'none', purgeProtection: false };

test('what there was before a change is what there was before the first of its writes, until the next change of that agent', async () => {
  expect(await before()).toEqual(untouched);
  await underKey(agentName, 'cmk-triage-agent');
  expect(await before()).toEqual(untouched);
  await setKey(agentName, 'cmk-triage-agent');
  expect(await before()).toEqual(untouched);
  await writeAgent(clients, agent, { properties: { keyVaultProperties: null } });
  expect(await before()).toEqual({ identity: 'SystemAssigned', key: 'cmk-triage-agent', purgeProtection: true });
  expect((await readAgent(clients, agent)).properties).not.toHaveProperty('keyVaultProperties');
  expect(await before('virtual-visit-agent')).toMatchObject({ key: 'cmk-virtual-visit' });
});

test('a revision stands for all that can be seen: it changes with the state and with each request', async () => {
  const first = await revision();
  expect(await revision()).toBe(first);
  await http(azure, 'PUT', '/simulator/latency', { body: { latency: 'realistic' } });
  const second = await revision();
  expect(second).not.toBe(first);
  await readAgent(clients, agent);
  expect(await revision()).not.toBe(second);
});

test('goes back to its seeds and keeps ports and latency; nothing came before', async () => {
  await http(azure, 'PUT', '/simulator/latency', { body: { latency: 'realistic' } });
  await giveIdentity(clients, agent);
  await http(azure, 'POST', '/simulator/faults', { body: { match: { url: '/nowhere' }, drop: true } });
  expect((await http(azure, 'DELETE', '/simulator/state')).status).toBe(200);
  const { body } = await http(azure, 'GET', '/simulator/state');
  expect(body).toMatchObject({ port: azure.port, latency: 'realistic', faults: [] });
  expect(body.vaults[0]).toMatchObject({ port: azure.port + 1, enablePurgeProtection: false });
  expect(await before()).toEqual(untouched);
  expect((await readAgent(clients, agent)).identity).toBeUndefined();
  expect((await clients.keys(`https://localhost:${azure.port + 1}/`).getKey('cmk-triage-agent')).name).toBeDefined();
});
