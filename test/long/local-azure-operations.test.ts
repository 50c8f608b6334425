import { type AgentWrites, agentWrites, foreignKey, ownKey, visitAgent } from '../support/azure/agent-writes.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf, codeOf, messageOf, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** How operations on an agent end: as Azure Resource Manager leaves them, and as a fault says. */

const version = '?api-version=2025-11-01';
const azure = simulatedAzure({ restores: true });
const clients = lazily(() => clientsOf(azure));
let headers: Record<string, string>;
let under: unknown;
let writes: AgentWrites;

beforeAll(async () => {
  headers = { authorization: `Bearer ${await clients.token()}` };
  writes = agentWrites(azure, headers);
  under = (await writes.properties()).keyVaultProperties;
});

const wanted = (keyName: string) => ({
  properties: { keyVaultProperties: { keyName, keyVaultUri: `https://localhost:${azure.port + 2}/` } },
});

const end = async (operation: object, more: object = {}): Promise<void> => {
  const match = { method: 'PATCH', url: '/healthBots/', carries: 'properties.keyVaultProperties' };
  const posted = await http(azure, 'POST', '/simulator/faults', { body: { id: 'end', match, operation, ...more } });
  expect(posted.status).toBe(200);
};

test('a write that fails leaves the agent Failed, with the key it had, and the next that succeeds mends it', async () => {
  expect((await writes.poll(await writes.setKey(foreignKey))).body).toMatchObject({
    status: 'Failed',
    error: { code: 'KeyVaultAccessForbidden' },
  });
  expect(await writes.properties()).toMatchObject({ provisioningState: 'Failed', keyVaultProperties: under });
  await writeAgent(clients, visitAgent, { tags: { mended: 'yes' } });
  expect(await writes.properties()).toMatchObject({ provisioningState: 'Succeeded' });
});

test('a creation that fails leaves an agent that is Failed and has no key', async () => {
  const path = `${agentId('new-agent')}${version}`;
  const body = { location: 'westeurope', sku: { name: 'C0' }, ...wanted(ownKey) };
  const created = await http(azure, 'PUT', path, { headers, body });
  expect((await writes.poll(created)).body).toMatchObject({
    status: 'Failed',
    error: { code: 'ManagedIdentityRequired' },
  });
  const { properties } = (await http(azure, 'GET', path, { headers })).body;
  expect(properties).toMatchObject({ provisioningState: 'Failed' });
  expect(properties).not.toHaveProperty('keyVaultProperties');
});

test.each([
  ['rolled back, unless it is said', {}, () => under],
  ['kept, where it is said', { change: 'kept' }, () => ({ keyName: foreignKey })],
])('of a write that fails by itself the key is %s', async (_what, ending, key) => {
  await end(ending);
  expect((await writes.poll(await writes.setKey(foreignKey))).body.error.code).toBe('KeyVaultAccessForbidden');
  expect(await writes.properties()).toMatchObject({ provisioningState: 'Failed', keyVaultProperties: key() });
});

test.each([
  ['fails', { status: 'Failed' }, 'Failed', 'InternalServerError'],
  ['is canceled', { status: 'Canceled' }, 'Canceled', 'OperationCanceled'],
  ['fails in other words', { status: 'Failed', error: { code: 'X', message: 'x' } }, 'Failed', 'X'],
])(
  'an operation that nothing stands in the way of %s when a fault says so, once',
  async (_what, ending, state, code) => {
    await end(ending, { times: 1 });
    expect((await writes.poll(await writes.setKey(ownKey))).body).toMatchObject({ status: state, error: { code } });
    expect(await writes.properties()).toMatchObject({ provisioningState: state, keyVaultProperties: under });
    expect((await writes.poll(await writes.setKey(ownKey))).body.status).toBe('Succeeded');
    expect(await writes.properties()).toMatchObject({ provisioningState: 'Succeeded' });
  },
);

test('a key that cannot be used counts as set when a fault lets the operation succeed', async () => {
  await end({ status: 'Succeeded' });
  expect((await writes.poll(await writes.setKey(foreignKey))).body.status).toBe('Succeeded');
  expect((await writes.properties()).keyVaultProperties).toMatchObject({ keyName: foreignKey });
});

test('an operation that never ends keeps others out, until its fault is taken away', async () => {
  await end({ takesMs: 'for-ever', status: 'Failed' });
  const stuck = await writes.setKey(ownKey);
  expect((await writes.poll(stuck)).body.status).toBe('Working');
  expect(await codeOf(writeAgent(clients, visitAgent, { tags: {} }))).toBe('ConflictingConcurrentWriteNotAllowed');
  await http(azure, 'DELETE', '/simulator/faults?id=other');
  expect((await writes.poll(stuck)).body.status).toBe('Working');
  await http(azure, 'DELETE', '/simulator/faults?id=end');
  expect((await writes.poll(stuck)).body.status).toBe('Failed');
});

test('an operation takes as long as a fault says', async () => {
  await end({ takesMs: 60_000 }, { times: 1 });
  const slow = await writes.setKey(ownKey);
  expect((await writes.poll(slow)).body.status).toBe('Working');
  await changeState(azure, ({ operations }) => {
    operations.at(-1).dueAt = new Date().toISOString();
  });
  expect((await writes.poll(slow)).body.status).toBe('Succeeded');
});

test('an operation that gets lost is not known any more, and the agent is as it was', async () => {
  await end({ status: 'Lost' }, { times: 1 });
  const lost = await writes.setKey(foreignKey);
  expect(lost.status).toBe(201);
  expect(await writes.poll(lost)).toMatchObject({ status: 404, body: { error: { code: 'OperationNotFound' } } });
  expect(await writes.properties()).toMatchObject({ provisioningState: 'Succeeded', keyVaultProperties: under });
});

test('an operation can end before the write is answered, and leave another state than its own', async () => {
  await end({ answersAtOnce: true, provisioningState: 'Accepted' });
  const answer = await writes.setKey(ownKey);
  expect(answer).toMatchObject({ status: 200, body: { properties: { provisioningState: 'Accepted' } } });
  expect(answer.headers).not.toHaveProperty('azure-asyncoperation');
  await writeAgent(clients, visitAgent, { tags: {} });
});

test('a write that is refused, or is none of a key, uses no such fault up', async () => {
  await end({ status: 'Failed' }, { times: 1 });
  await writeAgent(clients, visitAgent, { tags: { other: 'write' } });
  const nobody = { authorization: 'Bearer nobody' };
  const refused = await http(azure, 'PATCH', `${visitAgent}${version}`, { headers: nobody, body: wanted(ownKey) });
  expect(refused.status).toBe(401);
  expect(await messageOf(writeAgent(clients, visitAgent, wanted(ownKey)))).toContain('InternalServerError');
});

test('how an operation ends goes with no other effect', async () => {
  const body = { match: {}, operation: { status: 'Failed' }, drop: true };
  const answer = await http(azure, 'POST', '/simulator/faults', { body });
  expect(answer).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('post two faults') } },
  });
});
