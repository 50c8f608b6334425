import { scenarios } from '../../sandbox/azure/scenarios.ts';
import { http } from '../support/azure/local-azure.ts';
import { clientsOf, codeOf, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, careId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/**
 * Turning scenarios on and off, and what those do that leave no trace in a run. The others are met in
 * `test/long/failures-doc`, those of logs in `azure-lists` and in the long tests of the usage check.
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

test.each<[string, () => Promise<void>]>([
  [
    'vault-throttled',
    async () => {
      for (const code of ['Throttled', 'Throttled', 'Throttled', 'no refusal'])
        expect(await codeOf(readKey())).toBe(code);
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
