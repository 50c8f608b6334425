import { PersonId } from '../../src/domain/ids.ts';
import type { Azure } from '../../src/domain/ports/azure.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import {
  bot,
  careId,
  connect,
  customCloud,
  key,
  outsideFailureOf,
  owner,
  resourceId,
  resourceRef,
  vaultId,
} from './azure-setup.ts';

/**
 * How the Azure simulator answers, beyond what the bot's own ports rely on. Where it has nothing built, it says so, and the bot
 * does not take that for "there is none".
 */

const running = simulatedAzure();
const clients = lazily(() => clientsOf(running));
let lost: Azure;

beforeAll(() => {
  const nowhere = `${running.url}/nowhere`;
  lost = connect(running, { cloud: { ...customCloud(running), armEndpoint: nowhere, graphEndpoint: nowhere } });
});

test.each([
  ['GET', '/subscriptions/x/providers/Microsoft.Nothing/things'],
  ['DELETE', `/subscriptions/${careId}/resourceGroups/rg-care-prod`],
  ['POST', '/'],
])('%s %s is answered with 501 and a code that Azure does not have', async (method, path) => {
  const { status, body } = await http(running, method, path);
  expect([status, body.error.code]).toEqual([501, 'NotSimulated']);
  expect(body.error.message).toContain(`${method} ${path}`);
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
  ['a deleted key', ({ keys }) => keys.deleted(`https://localhost:${running.port + 1}/nowhere`, name)],
  ['a person or group', ({ groups }) => groups.look(id)],
  ['who a person is', ({ groups }) => groups.memberOf(PersonId.parse(id), [id])],
];

test.each(reads)('%s that nobody simulates is a failure with its code, not an absence', async (_what, read) => {
  const failure = outsideFailureOf(await read(lost));
  expect(failure).toMatchObject({ source: 'azure', code: 'NotSimulated', status: 501, next: 'ask' });
});

test('the official client reads a list through its pages, each entry once, though others come and go', async () => {
  const pages = async (between: () => Promise<void>): Promise<string[][]> => {
    const read: string[][] = [];
    for await (const page of clients.vaults().vaults.listBySubscription().byPage()) {
      read.push(page.map(({ id = '' }) => id));
      if (read.length === 1) await between();
    }
    return read;
  };
  const [all = []] = await pages(async () => undefined);
  expect(all.length).toBeGreaterThan(3);
  let taken: object[] = [];
  await changeState(running, ({ settings }) => {
    settings.pageSize = 2;
  });
  const whileOneGoes = await pages(() =>
    changeState(running, ({ vaults }) => {
      taken = vaults.splice(1, 1);
    }),
  );
  const whileOneComes = await pages(() => changeState(running, ({ vaults }) => vaults.splice(1, 0, ...taken)));
  await changeState(running, ({ settings }) => {
    settings.pageSize = 1_000;
  });
  expect(whileOneGoes.flat()).toEqual(all);
  expect(whileOneComes.flat()).toEqual(all.filter((_, n) => n !== 1));
});

test('a list has as many entries as $top asks for, whatever the case of its name', async () => {
  const headers = { authorization: `Bearer ${await clients.token()}` };
  const list = (query: string) =>
    http(running, 'GET', `/subscriptions/${careId}/resources?api-version=2021-04-01&${query}`, { headers });
  const { body } = await list('$TOP=1');
  const token = new URL(body.nextLink).searchParams.get('$skiptoken');
  const next = await list(`$top=1&$skipToken=${token}`);
  expect([...body.value, ...next.body.value]).toEqual((await list('$top=2')).body.value);
  expect(next.body.value).toHaveLength(1);
  expect((await list('$top=0')).body.error.code).toBe('InvalidTopInQueryString');
});

test('an existing agent or vault is refused another region', async () => {
  const headers = { authorization: `Bearer ${await clients.token()}` };
  const refusal = async (path: string, body: object): Promise<unknown> => {
    const answer = await http(running, 'PUT', path, { headers, body });
    return [answer.status, answer.body.error?.code];
  };
  const agentPath = `${resourceId('triage-agent-prod')}?api-version=2025-11-01`;
  const moved = { location: 'Sweden Central', sku: { name: 'C0' }, properties: {} };
  expect(await refusal(agentPath, moved)).toEqual([409, 'InvalidResourceLocation']);
  expect(await refusal(`${vault}?api-version=2023-07-01`, moved)).toEqual([409, 'InvalidResourceLocation']);
});

test('a vault is served by its host name on the main port too', async () => {
  const token = await clients.token(`https://vault.localhost:${running.port}/.default`);
  const host = `kv-care-prod.vault.localhost:${running.port}`;
  const path = '/keys/cmk-triage-agent?api%2Dversion=7.5';
  const open = await http(running, 'GET', path, { headers: { host } });
  expect(open.headers['www-authenticate']).toContain(`resource="https://vault.localhost:${running.port}"`);
  const { status, body } = await http(running, 'GET', path, { headers: { host, authorization: `Bearer ${token}` } });
  expect(status).toBe(200);
  expect(body.key.kid).toMatch(new RegExp(`^https://${host}/keys/cmk-triage-agent/[0-9a-f]{32}$`));
});

test('a token counts only if it is genuine and for Azure Resource Manager', async () => {
  const codeFor = async (token: string): Promise<string> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await http(running, 'GET', '/subscriptions?api-version=2022-12-01', { headers })).body.error?.code;
  };
  const token = await clients.token();
  const [head, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, oid: owner.id })).toString('base64url');
  expect(await codeFor(token)).toBeUndefined();
  expect(await codeFor(`${head}.${forged}.${signature}`)).toBe('InvalidAuthenticationToken');
  const forVaults = await clients.token('https://vault.azure.net/.default');
  expect(await codeFor(forVaults)).toBe('InvalidAuthenticationTokenAudience');
});

test('the first API version of agents has no identities and keys', async () => {
  const headers = { authorization: `Bearer ${await clients.token()}` };
  const path = resourceId('triage-agent-prod');
  const call = (method: string, version: string, body?: object) =>
    http(running, method, `${path}?api-version=${version}`, { headers, ...(body === undefined ? {} : { body }) });
  expect((await call('GET', '2025-11-01')).body.properties).toHaveProperty('accessControlMethod', 'AzureRBAC');
  expect((await call('GET', '2021-06-10')).body.error.message).toContain("api-versions are '2020-12-08,2021-08-24,");
  const [first, later] = await Promise.all(
    ['2020-12-08', '2021-08-24'].map((version) =>
      http(running, 'GET', `${resourceId('virtual-visit-agent')}?api-version=${version}`, { headers }),
    ),
  );
  expect([later?.body.identity, later?.body.properties.keyVaultProperties]).not.toContain(undefined);
  expect([first?.body.identity, first?.body.properties.keyVaultProperties]).toEqual([undefined, undefined]);
  for (const [version, body] of [
    ['2020-12-08', { identity: { type: 'SystemAssigned' } }],
    ['2020-12-08', { properties: { keyVaultProperties: { keyName: 'k', keyVaultUri: 'https://localhost/' } } }],
    ['2025-11-01', { sku: { name: 'S0' } }],
  ] as const) {
    const { body: answer } = await call('PATCH', version, body);
    expect(answer.error.code).toBe('HttpRequestPayloadAPISpecValidationFailed');
  }
});

test('an agent heeds the conditions of a write, if set so', async () => {
  const authorization = `Bearer ${await clients.token()}`;
  const path = `${resourceId('ward-agent', 'rg-care-north')}?api-version=2025-11-01`;
  const write = async (condition: Record<string, string>) =>
    (await http(running, 'PATCH', path, { headers: { authorization, ...condition }, body: {} })).status;
  await changeState(running, ({ agents, settings }) => {
    settings.agentsHeedConditions = true;
    agents.find((one: { name: string }) => one.name === 'ward-agent').etag = '"now"';
  });
  expect(await write({ 'if-match': '"other"' })).toBe(412);
  expect(await write({ 'if-none-match': '*' })).toBe(412);
  expect(await write({ 'if-match': '"other", "now"', 'if-none-match': '"other"' })).toBe(201);
  await changeState(running, ({ settings }) => {
    settings.agentsHeedConditions = false;
  });
});

test('a write is answered as the real provider was recorded to', async () => {
  const authorization = `Bearer ${await clients.token()}`;
  const path = `${resourceId('ward-agent', 'rg-care-north')}?api-version=2025-11-01`;
  const written = await http(running, 'PATCH', path, { headers: { authorization }, body: { tags: { ward: '3' } } });
  expect(written.status).toBe(201);
  expect(written.body).toMatchObject({
    type: 'microsoft.healthbot/healthbots',
    properties: { provisioningState: 'Accepted' },
  });
  expect(written.headers).not.toHaveProperty('location');
  expect(written.headers).not.toHaveProperty('retry-after');
  expect(written.headers.etag).toMatch(/^"[0-9a-f-]+"$/);
  const status = String(written.headers['azure-asyncoperation']);
  expect(status).toMatch(
    /\/locations\/NORTHEUROPE\/operationStatuses\/[0-9a-f-]{36}\*[0-9A-F]{64}\?api-version=2025-11-01&t=/,
  );
  const polled = await http(running, 'GET', status.slice(running.url.length), { headers: { authorization } });
  expect(polled.body).toMatchObject({ status: 'Succeeded', properties: null });
  const { body } = await http(running, 'GET', path, { headers: { authorization } });
  expect(body).toMatchObject({ systemData: { lastModifiedBy: bot.id }, tags: { ward: '3' } });
});
