import { randomUUID } from 'node:crypto';
import { type HttpAnswer, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { agentId, careId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

/** What depends on the version that is asked for, on etags and places, and what stands round every answer. */

const azure = simulatedAzure({ restores: true });

const arm = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  http(azure, method, path, {
    headers: { authorization: `Bearer ${await clientsOf(azure, owner).token()}`, ...headers },
    body,
  });
const visit = agentId('virtual-visit-agent');
const agent = agentId('vaccination-agent');
const at = (id: string, version = '2025-11-01') => `${id}?api-version=${version}`;
const refused = (answer: HttpAnswer) => [answer.status, answer.body.error?.code];
const payload = [400, 'HttpRequestPayloadAPISpecValidationFailed'];

describe('an agent in an older version', () => {
  test.each([
    ['2020-12-08', { identity: false, key: false, access: false }],
    ['2021-08-24', { identity: true, key: true, access: false }],
    ['2024-02-01', { identity: true, key: true, access: false }],
    ['2025-05-25', { identity: true, key: true, access: true }],
    ['2025-11-01', { identity: true, key: true, access: true }],
  ])('lacks what came after %s, alone and in the list', async (version, has) => {
    const list = at(`/subscriptions/${careId}/providers/Microsoft.HealthBot/healthBots`, version);
    const listed = (await arm('GET', list)).body.value.find((one: { id: string }) => one.id === visit);
    const { body } = await arm('GET', at(visit, version));
    for (const { identity, properties } of [body, listed]) {
      expect({
        identity: identity !== undefined,
        key: properties.keyVaultProperties !== undefined,
        access: properties.accessControlMethod !== undefined,
      }).toEqual(has);
    }
  });

  test('is written in what its version has, and nothing later', async () => {
    const keyVaultProperties = { keyName: 'k', keyVaultUri: 'https://localhost/' };
    const write = async (version: string, body: object) => refused(await arm('PATCH', at(agent, version), body));
    expect(await write('2020-12-08', { identity: { type: 'SystemAssigned' } })).toEqual(payload);
    expect(await write('2020-12-08', { properties: { keyVaultProperties } })).toEqual(payload);
    expect(await write('2024-02-01', { properties: { accessControlMethod: 'AzureRBAC' } })).toEqual(payload);
    expect(await write('2022-08-08', { sku: { name: 'C1' } })).toEqual(payload);
    expect(await write('2025-11-01', { sku: { name: 'S1' } })).toEqual(payload);
    const put = { location: 'westeurope', sku: { name: 'C0' }, properties: { keyVaultProperties } };
    expect(refused(await arm('PUT', at(agent, '2020-12-08'), put))).toEqual(payload);
    expect(await write('2020-12-08', { tags: { ward: '7' } })).toEqual([201, undefined]);
    expect(await write('2022-08-08', { sku: { name: 'S1' } })).toEqual([201, undefined]);
  });
});

describe('a write', () => {
  test('with an etag goes through once, and not over somebody else’s', async () => {
    const etag = String((await arm('GET', at(agent))).headers.etag);
    const write = async (headers: Record<string, string>, method = 'PATCH') =>
      refused(await arm(method, at(agent), method === 'DELETE' ? undefined : { tags: {} }, headers));
    const failed = [412, 'PreconditionFailed'];
    expect(await write({ 'if-match': etag })).toEqual([201, undefined]);
    expect(await write({ 'if-match': etag })).toEqual(failed);
    expect(await write({ 'if-match': etag }, 'DELETE')).toEqual(failed);
    expect(await write({ 'if-match': '*' })).toEqual([201, undefined]);
    const put = { location: 'westeurope', sku: { name: 'C0' } };
    expect(refused(await arm('PUT', at(agent), put, { 'if-none-match': '*' }))).toEqual(failed);
    expect(refused(await arm('PUT', at(agentId('new-agent')), put, { 'if-match': '*' }))).toEqual(failed);
    expect((await arm('PUT', at(agentId('new-agent')), put, { 'if-none-match': '*' })).status).toBe(201);
  });

  test('does not move a resource, nor make one where its kind is not offered', async () => {
    const properties = { tenantId: '10000000-0000-4000-8000-000000000000', sku: { family: 'A', name: 'standard' } };
    const vault = (name: string, location: string) =>
      arm('PUT', at(vaultId(name), '2023-07-01'), { location, properties });
    const put = (id: string, location: string) => arm('PUT', at(id), { location, sku: { name: 'C0' } });
    const moved = await put(agent, 'northeurope');
    expect(refused(moved)).toEqual([409, 'InvalidResourceLocation']);
    expect(moved.body.error.message).toContain(
      "already exists in location 'westeurope' in resource group 'rg-care-prod'",
    );
    expect(refused(await vault('kv-care-prod', 'North Europe'))).toEqual([409, 'InvalidResourceLocation']);
    const nowhere = [400, 'LocationNotAvailableForResourceType'];
    expect(refused(await put(agentId('new-agent'), 'moon'))).toEqual(nowhere);
    expect(refused(await vault('kv-new', 'moon'))).toEqual(nowhere);
    expect((await put(agent, 'West Europe')).status).toBe(201);
  });

  test('does not take an agent back to the free tier', async () => {
    expect(refused(await arm('PATCH', at(agent), { sku: { name: 'F0' } }))).toEqual([400, 'BadRequest']);
    const put = { location: 'westeurope', sku: { name: 'F0' } };
    expect(refused(await arm('PUT', at(agent), put))).toEqual([400, 'BadRequest']);
    const free = agentId('triage-agent-test', 'rg-care-test');
    expect((await arm('PATCH', at(free), { sku: { name: 'C0' } })).status).toBe(201);
  });
});

test('a subscription that there is not is told before any right is', async () => {
  const bot = { authorization: `Bearer ${await clientsOf(azure).token()}` };
  const get = async (id: string) =>
    refused(await http(azure, 'GET', `/subscriptions/${id}/resourceGroups?api-version=2024-07-01`, { headers: bot }));
  expect(await get(randomUUID())).toEqual([404, 'SubscriptionNotFound']);
  expect(await get('care')).toEqual([400, 'InvalidSubscriptionId']);
  expect(await get('40000000-0000-4000-8000-000000000003')).toEqual([403, 'AuthorizationFailed']);
});

describe('round every answer', () => {
  test.each([
    ['GET', at(agent), 'subscription-reads', 'subscription-global-reads'],
    ['GET', at(agentId('no-such')), 'subscription-reads', 'subscription-global-reads'],
    ['PATCH', at(agent), 'subscription-writes', 'subscription-global-writes'],
    ['DELETE', at(agent), 'subscription-deletes', 'subscription-global-deletes'],
    ['GET', '/subscriptions?api-version=2022-12-01', 'tenant-reads', 'tenant-reads'],
  ])('stands what is left, and where and under which id it came in: %s %s', async (method, path, own, all) => {
    const { headers } = await arm(method, path, method === 'PATCH' ? { tags: {} } : undefined);
    expect(Number(headers[`x-ms-ratelimit-remaining-${own}`])).toBeGreaterThan(0);
    expect(Number(headers[`x-ms-ratelimit-remaining-${all}`])).toBeGreaterThan(0);
    const correlation = headers['x-ms-correlation-request-id'];
    expect(headers['x-ms-routing-request-id']).toMatch(
      new RegExp(`^WESTEUROPE:\\d{8}T\\d{6}Z:${String(correlation)}$`),
    );
  });

  test('stands the caller’s own id where it is asked for; at a vault always', async () => {
    const id = randomUUID();
    const sent = { 'x-ms-client-request-id': id };
    const idOf = async (more: Record<string, string>) =>
      (await arm('GET', at(agent), undefined, { ...sent, ...more })).headers['x-ms-client-request-id'];
    expect(await idOf({})).toBeUndefined();
    expect(await idOf({ 'x-ms-return-client-request-id': 'true' })).toBe(id);
    const atVault = await http(azure, 'GET', '/keys?api-version=7.5', { headers: sent, port: azure.port + 3 });
    expect(atVault.headers).toMatchObject({ 'x-ms-client-request-id': id, 'x-ms-keyvault-region': 'northeurope' });
  });
});
