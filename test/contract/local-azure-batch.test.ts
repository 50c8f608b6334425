import { randomUUID } from 'node:crypto';
import { discard, http, type RunningAzure, startAzure } from '../support/local-azure.ts';
import { clientsOf } from '../support/local-azure-clients.ts';

/** Several requests of Microsoft Graph in one, as it documents JSON batching. */

const [requester, approver] = ['20000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000002'];
const requesters = '60000000-0000-4000-8000-000000000001';
const nobody = '20000000-0000-4000-8000-0000000000ff';

let azure: RunningAzure;
let authorization: string;

beforeAll(async () => {
  azure = await startAzure();
  authorization = `Bearer ${await clientsOf(azure).token('https://graph.microsoft.com/.default')}`;
});
afterEach(() => http(azure, 'DELETE', '/simulator/faults'));
afterAll(() => discard(azure));

interface Answer {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const kindOf = (id: string, person: string) => ({ id, method: 'GET', url: `/users/${person}?$select=id,userType` });
const groupsOf = (id: string, person: string) => ({
  id,
  method: 'POST',
  url: `users/${person}/checkMemberGroups`,
  headers: { 'Content-Type': 'application/json', 'x-ms-client-request-id': `of-${id}` },
  body: { groupIds: [requesters] },
});

const batch = (requests: readonly unknown[], more: Readonly<Record<string, string>> = { authorization }) =>
  http(azure, 'POST', '/v1.0/$batch', { body: { requests }, headers: more });

async function answersTo(requests: readonly unknown[]): Promise<ReadonlyMap<string, Answer>> {
  const { status, body } = await batch(requests);
  expect(status).toBe(200);
  return new Map((body.responses as Answer[]).map((one) => [one.id, one]));
}

const fault = (body: unknown) => http(azure, 'POST', '/simulator/faults', { body });
const requests = async () => (await http(azure, 'GET', '/simulator/requests')).body;

test('each part is answered by itself, under its id and in no order that was asked for', async () => {
  const { body } = await batch([kindOf('a', requester), kindOf('b', nobody), groupsOf('c', requester)]);
  expect((body.responses as Answer[]).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  expect(body.responses).toMatchObject([
    { status: 200, headers: { 'Content-Type': 'application/json' }, body: { value: [requesters] } },
    { status: 404, body: { error: { code: 'Request_ResourceNotFound' } } },
    { status: 200, body: { id: requester, userType: 'Member' } },
  ]);
});

test('what goes wrong with one request goes wrong with its part alone', async () => {
  const headers = { 'retry-after': '7' };
  await fault({
    match: { url: `${approver}/check` },
    respond: { status: 429, headers, body: { error: { code: 'No' } } },
  });
  await fault({ match: { url: `${requester}/check` }, drop: true });
  const told = await answersTo([groupsOf('1', approver), groupsOf('2', requester), kindOf('3', approver)]);
  expect(told.get('1')).toMatchObject({ status: 429, headers, body: { error: { code: 'No' } } });
  expect(told.get('2')).toMatchObject({ status: 504, body: { error: { code: 'UnknownError', message: '' } } });
  expect(told.get('3')).toMatchObject({ status: 200 });
});

test('a fault that names the batch hits the whole of it', async () => {
  await fault({ match: { url: 'batch$' }, times: 1, respond: { status: 503, body: { error: { code: 'Down' } } } });
  expect(await batch([kindOf('1', requester)])).toMatchObject({ status: 503, body: { error: { code: 'Down' } } });
  await answersTo([kindOf('1', requester)]);
});

test('the log has a line for each part, which names its batch, and one for the whole', async () => {
  const before = (await requests()).length;
  const own = randomUUID();
  await batch([kindOf('1', requester), groupsOf('2', approver)], { authorization, 'x-ms-client-request-id': own });
  const lines = (await requests()).slice(before);
  expect(lines).toHaveLength(3);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        method: 'GET',
        url: expect.stringMatching(/\/v1\.0\/users\/\S+userType$/),
        inBatch: own,
      }),
      expect.objectContaining({ method: 'POST', clientRequestId: 'of-2', inBatch: own, status: 200 }),
    ]),
  );
  expect(lines.at(-1)).toMatchObject({ url: `${azure.url}/v1.0/$batch`, clientRequestId: own, inBatch: null });
});

test('a batch that cannot be read is refused whole', async () => {
  const many = Array.from({ length: 21 }, (_, n) => kindOf(`${n}`, requester));
  const { headers: _, ...untyped } = groupsOf('1', requester);
  for (const bad of [many, [kindOf('a', requester), kindOf('A', approver)], [untyped], [], [{ id: 1 }]]) {
    expect((await batch(bad)).status).toBe(400);
  }
  expect((await batch([kindOf('1', requester)], {})).status).toBe(401);
});
