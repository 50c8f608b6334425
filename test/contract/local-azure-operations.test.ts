import { changeState, discard, http, type RunningAzure, startAzure } from '../support/local-azure.ts';
import {
  agentId,
  type Clients,
  clientsOf,
  codeOf,
  messageOf,
  readAgent,
  writeAgent,
} from '../support/local-azure-clients.ts';

/** How operations on an agent end: as Azure Resource Manager leaves them, and as a fault says. */

const agent = agentId('virtual-visit-agent');
const version = '?api-version=2025-11-01';
let azure: RunningAzure;
let clients: Clients;
let untouched: unknown;
let headers: Record<string, string>;
let under: unknown;

beforeAll(async () => {
  azure = await startAzure();
  clients = clientsOf(azure);
  untouched = (await http(azure, 'GET', '/simulator/state')).body;
  headers = { authorization: `Bearer ${await clients.token()}` };
  under = (await readAgent(clients, agent)).properties?.keyVaultProperties;
});

beforeEach(async () => {
  await http(azure, 'PUT', '/simulator/state', { body: untouched });
});

afterAll(() => discard(azure));

const wanted = (keyName: string) => ({
  properties: { keyVaultProperties: { keyName, keyVaultUri: `https://localhost:${azure.port + 2}/` } },
});

/** A key that the agent may not use, so that the operation fails by itself; and the one that it is under. */
const forbidden = 'hospital-data';
const fine = 'cmk-virtual-visit';

const write = (keyName = fine) => http(azure, 'PATCH', `${agent}${version}`, { headers, body: wanted(keyName) });
const look = async () => (await http(azure, 'GET', `${agent}${version}`, { headers })).body.properties;

const poll = async (answer: { readonly headers: Readonly<Record<string, unknown>> }) =>
  http(azure, 'GET', String(answer.headers['azure-asyncoperation']).slice(azure.url.length), { headers });

const end = async (operation: object, more: object = {}): Promise<void> => {
  const match = { method: 'PATCH', url: '/healthBots/', carries: 'properties.keyVaultProperties' };
  const posted = await http(azure, 'POST', '/simulator/faults', { body: { id: 'end', match, operation, ...more } });
  expect(posted.status).toBe(200);
};

test('a write that fails leaves the agent Failed, with the key it had, and the next that succeeds mends it', async () => {
  expect((await poll(await write(forbidden))).body).toMatchObject({
    status: 'Failed',
    error: { code: 'KeyVaultAccessForbidden' },
  });
  expect(await look()).toMatchObject({ provisioningState: 'Failed', keyVaultProperties: under });
  await writeAgent(clients, agent, { tags: { mended: 'yes' } });
  expect(await look()).toMatchObject({ provisioningState: 'Succeeded' });
});

test('a creation that fails leaves an agent that is Failed and has no key', async () => {
  const path = `${agentId('new-agent')}${version}`;
  const body = { location: 'westeurope', sku: { name: 'C0' }, ...wanted(fine) };
  const created = await http(azure, 'PUT', path, { headers, body });
  expect((await poll(created)).body).toMatchObject({ status: 'Failed', error: { code: 'ManagedIdentityRequired' } });
  const { properties } = (await http(azure, 'GET', path, { headers })).body;
  expect(properties).toMatchObject({ provisioningState: 'Failed' });
  expect(properties).not.toHaveProperty('keyVaultProperties');
});

test.each([
  ['rolled back, unless it is said', {}, () => under],
  ['kept, where it is said', { change: 'kept' }, () => ({ keyName: forbidden })],
])('of a write that fails by itself the key is %s', async (_what, ending, key) => {
  await end(ending);
  expect((await poll(await write(forbidden))).body.error.code).toBe('KeyVaultAccessForbidden');
  expect(await look()).toMatchObject({ provisioningState: 'Failed', keyVaultProperties: key() });
});

test.each([
  ['fails', { status: 'Failed' }, 'Failed', 'InternalServerError'],
  ['is canceled', { status: 'Canceled' }, 'Canceled', 'OperationCanceled'],
  ['fails in other words', { status: 'Failed', error: { code: 'X', message: 'x' } }, 'Failed', 'X'],
])(
  'an operation that nothing stands in the way of %s when a fault says so, once',
  async (_what, ending, state, code) => {
    await end(ending, { times: 1 });
    expect((await poll(await write())).body).toMatchObject({ status: state, error: { code } });
    expect(await look()).toMatchObject({ provisioningState: state, keyVaultProperties: under });
    expect((await poll(await write())).body.status).toBe('Succeeded');
    expect(await look()).toMatchObject({ provisioningState: 'Succeeded' });
  },
);

test('a key that cannot be used counts as set when a fault lets the operation succeed', async () => {
  await end({ status: 'Succeeded' });
  expect((await poll(await write(forbidden))).body.status).toBe('Succeeded');
  expect((await look()).keyVaultProperties).toMatchObject({ keyName: forbidden });
});

test('an operation that never ends keeps others out, until its fault is taken away', async () => {
  await end({ takesMs: 'for-ever', status: 'Failed' });
  const stuck = await write();
  expect((await poll(stuck)).body.status).toBe('Working');
  expect(await codeOf(writeAgent(clients, agent, { tags: {} }))).toBe('ConflictingConcurrentWriteNotAllowed');
  await http(azure, 'DELETE', '/simulator/faults?id=other');
  expect((await poll(stuck)).body.status).toBe('Working');
  await http(azure, 'DELETE', '/simulator/faults?id=end');
  expect((await poll(stuck)).body.status).toBe('Failed');
});

test('an operation takes as long as a fault says', async () => {
  await end({ takesMs: 60_000 }, { times: 1 });
  const slow = await write();
  expect((await poll(slow)).body.status).toBe('Working');
  await changeState(azure, ({ operations }) => {
    operations.at(-1).dueAt = new Date().toISOString();
  });
  expect((await poll(slow)).body.status).toBe('Succeeded');
});

test('an operation that gets lost is not known any more, and the agent is as it was', async () => {
  await end({ status: 'Lost' }, { times: 1 });
  const lost = await write(forbidden);
  expect(lost.status).toBe(201);
  expect(await poll(lost)).toMatchObject({ status: 404, body: { error: { code: 'OperationNotFound' } } });
  expect(await look()).toMatchObject({ provisioningState: 'Succeeded', keyVaultProperties: under });
});

test('an operation can end before the write is answered, and leave another state than its own', async () => {
  await end({ answersAtOnce: true, provisioningState: 'Accepted' });
  const answer = await write();
  expect(answer).toMatchObject({ status: 200, body: { properties: { provisioningState: 'Accepted' } } });
  expect(answer.headers).not.toHaveProperty('azure-asyncoperation');
  await writeAgent(clients, agent, { tags: {} });
});

test('a write that is refused, or is none of a key, uses no such fault up', async () => {
  await end({ status: 'Failed' }, { times: 1 });
  await writeAgent(clients, agent, { tags: { other: 'write' } });
  const nobody = { authorization: 'Bearer nobody' };
  const refused = await http(azure, 'PATCH', `${agent}${version}`, { headers: nobody, body: wanted(fine) });
  expect(refused.status).toBe(401);
  expect(await messageOf(writeAgent(clients, agent, wanted(fine)))).toContain('InternalServerError');
});

test('how an operation ends goes with no other effect', async () => {
  const body = { match: {}, operation: { status: 'Failed' }, drop: true };
  const answer = await http(azure, 'POST', '/simulator/faults', { body });
  expect(answer).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('post two faults') } },
  });
});
