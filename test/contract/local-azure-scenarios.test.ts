import { scenarios } from '../../sandbox/azure/scenarios.ts';
import { vaultLogQueryFor } from '../../src/azure/kql.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf, codeOf, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, careId, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/**
 * Turning scenarios on and off, and what those do that leave no trace in a run. The others are met in
 * `test/long/failures-doc`, those of logs in `azure-key-users` and in the long tests of the usage check.
 */

const visitAgent = agentId('virtual-visit-agent');
const azure = simulatedAzure({ restores: true });
const clients = lazily(() => clientsOf(azure));

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

const authorized = async (scope?: string) => ({ authorization: `Bearer ${await clients.token(scope)}` });
const read = async () => http(azure, 'GET', `${visitAgent}?api-version=2025-11-01`, { headers: await authorized() });
const readKey = () =>
  clientsOf(azure)
    .keys(`https://localhost:${azure.port + 2}/`)
    .getKey('cmk-virtual-visit');

/** When the first entry was made that the workspace has of the vault. */
const firstLogged = async (): Promise<number> => {
  const { workspaces } = await stateNow();
  const vault = vaultId('kv-hospital-keys');
  const since = new Date(0).toISOString();
  const query = vaultLogQueryFor({ vault, since, version: 'none', principal: 'none', resource: 'none' });
  const headers = await authorized('https://api.loganalytics.io/.default');
  const { body } = await http(azure, 'POST', `/v1/workspaces/${workspaces[0].customerId}/query`, {
    headers,
    body: { query },
  });
  return Date.parse(body.tables[0].rows[0][0]);
};

test.each<[string, () => Promise<void>]>([
  [
    'vault-throttled',
    async () => {
      for (const code of ['Throttled', 'Throttled', 'Throttled', 'no refusal'])
        expect(await codeOf(readKey())).toBe(code);
    },
  ],
  [
    'throttled',
    async () => {
      for (const status of [429, 429, 429, 200]) expect((await read()).status).toBe(status);
    },
  ],
  [
    'token-expired-once',
    async () => {
      expect((await read()).body.error.code).toBe('ExpiredAuthenticationToken');
      expect((await read()).status).toBe(200);
    },
  ],
  [
    'proxy-page-once',
    async () => {
      const page = await read();
      expect([page.status, page.headers['content-type']]).toEqual([502, 'text/html']);
      expect((await read()).status).toBe(200);
    },
  ],
  [
    'slow-answers',
    async () => {
      const from = Date.now();
      await read();
      expect(Date.now() - from).toBeGreaterThanOrEqual(3_000);
    },
  ],
  [
    'resource-graph-lags',
    async () => {
      await writeAgent(clients, visitAgent, { tags: { new: 'yes' } });
      const query = "resources | where name =~ 'virtual-visit-agent' | project tags";
      const { data } = await clients.graph().resources({ subscriptions: [careId], query });
      expect(data).toEqual([{ tags: null }]);
    },
  ],
])('%s does what its sentence says', async (name, proof) => {
  expect((await turnOn(name)).status).toBe(200);
  await proof();
});

test('logs-begin-now: the workspace has no entries from before', async () => {
  const from = Date.now();
  expect(await firstLogged()).toBeLessThan(from);
  await turnOn('logs-begin-now');
  await readKey();
  expect(await firstLogged()).toBeGreaterThanOrEqual(from);
});

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
  for (let count = 0; count < 3; count += 1) await read();
  expect(await whichAreOn()).toEqual([]);
});

test('an unknown name is refused with the names that there are, and turns nothing on', async () => {
  for (const answer of [await turnOn('throttled', 'no-such-thing'), await turnOff('no-such-thing')]) {
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toContain('There is no scenario no-such-thing. There are: ');
    for (const { name } of scenarios) expect(answer.body.error.message).toContain(name);
  }
  expect(await whichAreOn()).toEqual([]);
});

describe('an agent that lost its key', () => {
  const lose = {
    'a grant that was taken away': (state) => {
      state.roleAssignments = state.roleAssignments.filter(
        ({ scope }: { scope: string }) => !scope.endsWith('cmk-virtual-visit'),
      );
    },
    'a key that was disabled': ({ vaults }) => {
      for (const version of vaults[1].keys.flatMap((key: { versions: object[] }) => key.versions))
        version.enabled = false;
    },
    'a key that was deleted': ({ vaults }) => {
      for (const key of vaults[1].keys) key.deletedAt = 1;
    },
    // biome-ignore lint/suspicious/noExplicitAny: tests change whatever they need in the document
  } satisfies Record<string, (state: any) => void>;

  test.each(Object.entries(lose))('notices nothing of %s, or is Failed, as it was chosen', async (_what, change) => {
    await changeState(azure, change);
    const states: string[] = [];
    const look = async () => states.push((await read()).body.properties.provisioningState);
    await look();
    await turnOn('agents-notice-lost-keys');
    await look();
    await turnOff('agents-notice-lost-keys');
    await look();
    expect(states).toEqual(['Succeeded', 'Failed', 'Succeeded']);
  });
});
