import { randomUUID } from 'node:crypto';
import { discard, http, type RunningAzure, startAzure } from '../support/azure/local-azure.ts';
import {
  type Clients,
  clientsOf,
  giveIdentity,
  grantOnKey,
  readAgent,
  writeAgent,
} from '../support/azure/local-azure-clients.ts';
import { agentId, vaultId } from '../support/azure/local-azure-names.ts';

/** What the page compares with: what Azure held before the latest change of an agent. And the way back to the start. */

const agent = 'triage-agent-prod';
let azure: RunningAzure;
let clients: Clients;

beforeAll(async () => {
  azure = await startAzure();
  clients = clientsOf(azure);
});

afterAll(() => discard(azure));

interface Looked {
  readonly identity: string;
  readonly key: string;
  readonly purgeProtection: boolean;
}

const before = async (name = agent): Promise<Looked> => {
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

test('is what there was before the first of the writes that make a change', async () => {
  expect(await before()).toEqual(untouched);
  await underKey(agent, 'cmk-triage-agent');
  expect(await before()).toEqual(untouched);
});

test('does not move on when the same is written again, nor over a restart', async () => {
  await setKey(agent, 'cmk-triage-agent');
  expect(await before()).toEqual(untouched);
  await azure.kill();
  azure = await startAzure({ dataDir: azure.dataDir, port: azure.port });
  clients = clientsOf(azure);
  expect(await before()).toEqual(untouched);
});

test('moves on with the next change of that agent, and of no other', async () => {
  const changed = { identity: 'SystemAssigned', key: 'cmk-triage-agent', purgeProtection: true };
  await writeAgent(clients, agentId(agent), { properties: { keyVaultProperties: null } });
  expect(await before()).toEqual(changed);
  expect((await readAgent(clients, agentId(agent))).properties).not.toHaveProperty('keyVaultProperties');
  expect(await before('virtual-visit-agent')).toMatchObject({ key: 'cmk-virtual-visit' });
});

test('a revision stands for all that can be seen: it changes with the state and with each request', async () => {
  const first = await revision();
  expect(await revision()).toBe(first);
  await http(azure, 'PUT', '/simulator/latency', { body: { latency: 'realistic' } });
  const second = await revision();
  expect(second).not.toBe(first);
  await readAgent(clients, agentId(agent));
  expect(await revision()).not.toBe(second);
});

test('goes back to its seeds and keeps ports and latency; nothing came before', async () => {
  await http(azure, 'POST', '/simulator/faults', { body: { match: { url: '/nowhere' }, drop: true } });
  expect((await http(azure, 'DELETE', '/simulator/state')).status).toBe(200);
  const { body } = await http(azure, 'GET', '/simulator/state');
  expect(body).toMatchObject({ port: azure.port, latency: 'realistic', faults: [] });
  expect(body.vaults[0]).toMatchObject({ port: azure.port + 1, enablePurgeProtection: false });
  expect(await before()).toEqual(untouched);
  expect((await readAgent(clients, agentId(agent))).identity).toBeUndefined();
  expect((await clients.keys(`https://localhost:${azure.port + 1}/`).getKey('cmk-triage-agent')).name).toBeDefined();
});
