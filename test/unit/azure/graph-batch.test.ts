import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { batchOf, type Part, toldOf } from '../../../src/azure/graph-batch.ts';

const request = (id: string, method: 'GET' | 'POST') =>
  createPipelineRequest({ url: 'https://graph', method, headers: createHttpHeaders({ 'x-ms-client-request-id': id }) });
const part = (id: string, body?: unknown): Part => ({
  request: request(id, body === undefined ? 'GET' : 'POST'),
  path: `/users/${id}`,
  body,
});
const parts = [part('a'), part('b', { groupIds: [] }), part('c')];

const whole = (body: unknown, status = 200) => ({
  request: request('whole', 'POST'),
  status,
  headers: createHttpHeaders({ 'request-id': 'r-1', date: 'Fri, 27 Nov 2026 00:00:00 GMT', 'retry-after': '9' }),
  bodyAsText: typeof body === 'string' ? body : JSON.stringify(body),
});
const told = (responses: unknown) => toldOf(parts, whole({ responses }));
const answer = (id: string, value: unknown, status = 200, headers?: unknown) => ({ id, status, body: value, headers });

test('a part has its own id, and says what its body is', () => {
  expect(JSON.parse(batchOf(parts)).requests).toEqual([
    { id: 'a', method: 'GET', url: '/users/a', headers: { 'x-ms-client-request-id': 'a' } },
    {
      id: 'b',
      method: 'POST',
      url: '/users/b',
      headers: { 'x-ms-client-request-id': 'b', 'Content-Type': 'application/json' },
      body: { groupIds: [] },
    },
    { id: 'c', method: 'GET', url: '/users/c', headers: { 'x-ms-client-request-id': 'c' } },
  ]);
});

test('each part is told its own answer, in whatever order they come, and however their ids are written', () => {
  const all = told([answer('C', 3), answer('a', { of: 'a' }), answer('b', 'no', 403, { 'Retry-After': '2' })]);
  expect(all.map(({ isOwn }) => isOwn)).toEqual([true, true, true]);
  expect(all.map(({ response }) => [response.status, response.bodyAsText])).toEqual([
    [200, '{"of":"a"}'],
    [403, 'no'],
    [200, '3'],
  ]);
  expect(all.map(({ response }) => response.request)).toEqual(parts.map((one) => one.request));
});

test('what is said of how long to wait is the part’s own; the id and the date are the whole’s where it has none', () => {
  const [a, b] = told([answer('a', 1, 429, { 'retry-after': 2, 'request-id': 'own' }), answer('b', 1)]);
  expect(a?.response.headers.toJSON()).toMatchObject({ 'retry-after': '2', 'request-id': 'own' });
  expect(b?.response.headers.toJSON()).toEqual({ 'request-id': 'r-1', date: 'Fri, 27 Nov 2026 00:00:00 GMT' });
});

test.each([
  ['is missing', [answer('a', 1), answer('c', 3)]],
  ['came twice', [answer('a', 1), answer('b', 2), answer('B', 2), answer('c', 3)]],
  ['has no status', [answer('a', 1), { id: 'b', body: 2 }, answer('c', 3)]],
  ['is about something else', [answer('a', 1), answer('d', 2), answer('c', 3)]],
])('where an answer %s, nobody is told another one’s', (_what, responses) => {
  const all = told(responses);
  expect(all.map(({ isOwn }) => isOwn)).toEqual([true, false, true]);
  expect(all[1]?.response.bodyAsText).toBe('');
});

test.each([
  ['a refusal', { error: { code: 'BadRequest' } }, 400],
  ['a page of a proxy', '<html>sign in</html>', 200],
  ['nothing of a batch', { value: [] }, 200],
  ['answers under an error', { responses: [answer('a', 1)] }, 503],
])('what befell the whole befell each part: %s', (_what, body, status) => {
  const all = toldOf(parts, whole(body, status));
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  expect(all.map(({ isOwn, response }) => [isOwn, response.status, response.bodyAsText])).toEqual(
    parts.map(() => [false, status, text]),
  );
});
