import { randomUUID } from 'node:crypto';
import { scenarios } from '../../sandbox/azure/scenarios.ts';
import { PersonId } from '../../src/domain/ids.ts';
import type { Azure } from '../../src/domain/ports/azure.ts';
import { http } from '../support/azure/local-azure.ts';
import { clientsOf, giveIdentity, grantOnKey, readAgent, writeAgent } from '../support/azure/local-azure-clients.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  resourceId as agentId,
  connect,
  customCloud,
  key,
  outsideFailureOf,
  resourceRef,
  vaultId,
} from './azure-setup.ts';

/** What the sandbox's page, its users and the bot's ports rely on in the Azure simulator, beyond what runs meet. */

const agentName = 'triage-agent-prod';
const agent = agentId(agentName);
const azure = simulatedAzure({ restores: true });
const clients = lazily(() => clientsOf(azure));

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

const turnOn = (...names: string[]) => http(azure, 'POST', '/simulator/scenarios', { body: { names } });
const turnOff = (name = '') =>
  http(azure, 'DELETE', `/simulator/scenarios${name === '' ? '' : `?name=${encodeURIComponent(name)}`}`);
/** Without the records of changes, which keep that a scenario was on. */
const stateNow = async () => {
  const { changes: _, ...state } = (await http(azure, 'GET', '/simulator/state')).body;
  return state;
};

interface Shown {
  readonly name: string;
  readonly does: string;
  readonly on: boolean;
  readonly left: number | null;
}
const list = async (): Promise<readonly Shown[]> => {
  const groups: { scenarios: Shown[] }[] = (await http(azure, 'GET', '/simulator/scenarios')).body;
  return groups.flatMap((group) => group.scenarios);
};
const whichAreOn = async () => (await list()).filter(({ on }) => on).map(({ name }) => name);

test('all can be on at once; turned off one by one, or all with the faults of tests, they leave nothing behind', async () => {
  const before = await stateNow();
  const names = scenarios.map(({ name }) => name);
  for (const off of [
    async () => {
      for (const name of names) await turnOff(name);
    },
    async () => {
      await http(azure, 'POST', '/simulator/faults', { body: { match: { url: '/nowhere' } } });
      await turnOff();
    },
  ]) {
    expect((await turnOn(...names, ...names)).status).toBe(200);
    expect(await whichAreOn()).toHaveLength(names.length);
    await off();
    expect(await stateNow()).toEqual(before);
  }
});

test('one that is counted goes off by itself', async () => {
  await turnOn('throttled');
  expect((await list()).find(({ name }) => name === 'throttled')).toMatchObject({ on: true, left: 3 });
  const headers = { authorization: `Bearer ${await clients.token()}` };
  for (let count = 0; count < 3; count += 1) await http(azure, 'GET', `${agent}?api-version=2025-11-01`, { headers });
  expect(await whichAreOn()).toEqual([]);
});

const vault = vaultId('kv-care-prod');
const name = key('cmk-triage-agent');
const id = '50000000-0000-4000-8000-000000000001';

/** Everything the bot reads that can come back as "there is none", asked where the local Azure serves nothing. */
const reads: readonly (readonly [string, (azure: Azure) => Promise<Parameters<typeof outsideFailureOf>[0]>])[] = [
  ['an agent', ({ resources }) => resources.get(resourceRef('triage-agent-prod'))],
  ['the tags of an agent', ({ resources }) => resources.tags(resourceRef('triage-agent-prod'))],
  ['a vault', ({ vaults }) => vaults.get(vault)],
  ['a key', ({ keys }) => keys.get(vault, name, null)],
  ['the first version of a key', ({ keys }) => keys.first(vault, name)],
  ['the keys of a vault', ({ keys }) => keys.list(vault)],
  ['the versions of a key', ({ keys }) => keys.versions(vault, name, null)],
  ['a deleted key', ({ keys }) => keys.deleted(`https://localhost:${azure.port + 1}/nowhere`, name)],
  ['a person or group', ({ groups }) => groups.look(id)],
  ['who a person is', ({ groups }) => groups.memberOf(PersonId.parse(id), [id])],
];

test.each(reads)('%s that nobody simulates is a failure with its code, not an absence', async (_what, read) => {
  const nowhere = `${azure.url}/nowhere`;
  const lost = connect(azure, { cloud: { ...customCloud(azure), armEndpoint: nowhere, graphEndpoint: nowhere } });
  const failure = outsideFailureOf(await read(lost));
  expect(failure).toMatchObject({ source: 'azure', code: 'NotSimulated', status: 501, next: 'ask' });
});
