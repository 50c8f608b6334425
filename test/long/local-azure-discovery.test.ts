import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { bot, careId, owner, researchId, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** Lists, Resource Graph, Microsoft Graph and what a caller can learn about itself. */

const azure = simulatedAzure();
const clients = lazily(() => clientsOf(azure));

const agentsQuery = `resources | where type =~ 'microsoft.healthbot/healthbots'
| project id,name,location,resourceGroup,subscriptionId,tenantId,sku=tostring(sku.name),identityType=tostring(identity.type),principalId=tostring(identity.principalId),
cmkVault=tostring(properties.keyVaultProperties.keyVaultUri),cmkKey=tostring(properties.keyVaultProperties.keyName),state=tostring(properties.provisioningState)
| order by name asc`;

const vaultsQuery = `resources | where type =~ 'microsoft.keyvault/vaults'
| project id,name,location,resourceGroup,subscriptionId,tenantId,vaultUri=tostring(properties.vaultUri),softDelete=tobool(properties.enableSoftDelete),purge=tobool(properties.enablePurgeProtection),
rbac=tobool(properties.enableRbacAuthorization),pna=tostring(properties.publicNetworkAccess),fw=tostring(properties.networkAcls.defaultAction),sku=tostring(properties.sku.name)`;

const ask = async (query: string, options: object = {}, who = clients) => {
  const answer = await who.graph().resources({ query, options: { resultFormat: 'objectArray', ...options } });
  return { ...answer, data: answer.data as Record<string, unknown>[] };
};

test('lists the agents the caller may read, the one that works first', async () => {
  const { data, totalRecords } = await ask(agentsQuery);
  expect(totalRecords).toBe(9);
  expect(data[0]).toMatchObject({ name: 'triage-agent-prod', location: 'westeurope', identityType: '', cmkVault: '' });
  expect(data.map((row) => row.name)).not.toContain('wages-agent');
  expect((await ask(agentsQuery, {}, clientsOf(azure, owner))).totalRecords).toBe(10);
});

test('lists the vaults with what matters about them', async () => {
  const { data } = await ask(vaultsQuery);
  expect(data).toHaveLength(7);
  expect(data[0]).toMatchObject({ name: 'kv-care-prod', softDelete: true, purge: null, rbac: true, fw: '' });
  expect(data[4]).toMatchObject({ name: 'kv-lab', fw: 'Deny', vaultUri: `https://localhost:${azure.port + 5}/` });
});

test('filters, sorts and limits', async () => {
  const names = async (tail: string) => (await ask(`resources | ${tail} | project name`)).data.map((row) => row.name);
  expect(
    await names("where type =~ 'Microsoft.HealthBot/healthBots' | where name contains 'TRIAGE' | order by name desc"),
  ).toEqual(['triage-agent-test', 'triage-agent-prod']);
  expect(
    await names(`where tostring(subscriptionId) =~ '${researchId}' | where name contains "kv-" | order by name`),
  ).toEqual(['kv-legacy', 'kv-lab', 'kv-hospita1-keys']);
  // Types are lower case there, and `==` minds the case.
  expect(await names("where type == 'microsoft.healthbot/healthbots' | where name == 'ward-agent'")).toEqual([
    'ward-agent',
  ]);
  expect(await names("where type == 'Microsoft.HealthBot/healthBots'")).toEqual([]);
  expect(await names("where type =~ 'microsoft.keyvault/vaults' | order by name asc | limit 2")).toEqual([
    'kv-care-north',
    'kv-care-prod',
  ]);
});

test('takes a quoted text for what it says, with an escaped quote in it', async () => {
  const tricky = "it's \\ |";
  await changeState(azure, ({ agents }) => {
    agents.find((one: { name: string }) => one.name === 'ward-agent').content.tags = { tricky };
  });
  const { data } = await ask(String.raw`resources | where tags.tricky contains 'IT\'S \\ |' | project name, tags`);
  expect(data).toEqual([{ name: 'ward-agent', tags: { tricky } }]);
});

test('finds one of a list, in any case, of every type', async () => {
  const { data } = await ask(
    "resources | where type in~ ('microsoft.sql/servers', 'Microsoft.KeyVault/VAULTS') | project name",
    {},
    clientsOf(azure, owner),
  );
  expect(data).toContainEqual({ name: 'sql-care' });
  expect(data).toContainEqual({ name: 'kv-lab' });
});

test('converts what it projects', async () => {
  const columns =
    'a=toint(properties.softDeleteRetentionInDays), b=tobool(properties.enableSoftDelete), c=tostring(sku)';
  const query = `resources | where name =~ 'kv-lab' | project ${columns}, d=tobool(kind), e=toint(name), f=properties.none`;
  expect((await ask(query)).data).toEqual([{ a: 90, b: true, c: '', d: null, e: null, f: null }]);
});

test('gives pages with a skip token', async () => {
  const first = await ask(agentsQuery, { top: 4 });
  const second = await ask(agentsQuery, { top: 4, skipToken: first.skipToken });
  const third = await ask(agentsQuery, { top: 4, skipToken: second.skipToken });
  expect([first.count, second.count, third.count]).toEqual([4, 4, 1]);
  expect(third.skipToken).toBeUndefined();
});

const refusalOf = async (query: string): Promise<unknown> => {
  const headers = { authorization: `Bearer ${await clients.token()}` };
  const path = '/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01';
  const { status, body } = await http(azure, 'POST', path, { headers, body: { query } });
  expect(status).toBe(400);
  expect(body.error.message).toContain('Please provide below info when asking for support');
  expect(body.error.details[0].code).toBe('InvalidQuery');
  return body.error.details[1];
};

const nowhere = { line: -1, characterPositionInLine: -1 };

test.each([
  ['resources | summarize count() by type', { code: 'InvalidQueryLanguage', token: 'summarize', ...nowhere }],
  ['resources | extend a = name', { code: 'InvalidQueryLanguage', token: 'extend', ...nowhere }],
  ['resources | count', { code: 'InvalidQueryLanguage', token: 'count', ...nowhere }],
  ['resourcecontainers', { code: 'InvalidQueryLanguage', token: 'resourcecontainers', ...nowhere }],
  ['resources | where name =~', { code: 'ParserFailure', token: '<EOF>', characterPositionInLine: 25 }],
  ["resources\n| where name != 'a'", { code: 'ParserFailure', token: '!', line: 2, characterPositionInLine: 13 }],
  ["resources | where name =~ 'a' and kind =~ 'b'", { code: 'ParserFailure', token: 'and' }],
  ["resources | where name in ('a')", { code: 'ParserFailure', token: 'in' }],
  ["resources | where name in~ 'a'", { code: 'ParserFailure', token: 'a' }],
  ["resources | where tolower(name) =~ 'a'", { code: 'UnknownFunction', message: "Unknown function: 'tolower'." }],
  [String.raw`resources | where name =~ '\x41'`, { code: 'ParserFailure', token: "'" }],
  ['resources | project a=strlen(name)', { code: 'UnknownFunction', message: "Unknown function: 'strlen'." }],
  ['resources | project a=constructor(name)', { code: 'UnknownFunction', message: "Unknown function: 'constructor'." }],
  ["resources | where nmae =~ 'a'", { code: 'UnknownColumn', message: "Unknown column: 'nmae'." }],
  [
    'resources | project name | order by location asc',
    { code: 'UnknownColumn', message: "Unknown column: 'location'." },
  ],
  ['resources | limit 1.5', { code: 'ParserFailure', token: '.' }],
])('refuses a query outside the part of the language it reads: %s', async (query, detail) => {
  expect(await refusalOf(query)).toMatchObject(detail);
});

test.each([{ managementGroups: ['hospital'] }, { options: { resultFormat: 'table' } }, { facets: [] }])(
  'refuses to be asked for %j',
  async (more) => {
    const headers = { authorization: `Bearer ${await clients.token()}` };
    const path = '/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01';
    const { status, body } = await http(azure, 'POST', path, { headers, body: { query: 'resources', ...more } });
    expect({ status, code: body.error.code }).toEqual({ status: 400, code: 'BadRequest' });
  },
);

test('tells when a resource was made only when asked', async () => {
  const filter = "resourceType eq 'Microsoft.HealthBot/healthBots'";
  const plain = [];
  for await (const one of clients.resources().resources.list({ filter })) plain.push(one);
  expect(plain.every((one) => one.createdTime === undefined)).toBe(true);
  const expanded = [];
  for await (const one of clients.resources().resources.list({ filter, expand: 'createdTime' })) expanded.push(one);
  expect(expanded.find((one) => one.name === 'vaccination-agent')?.createdTime?.toISOString()).toMatch(/^2021-06-03/);
});

test('lists subscriptions, providers and locks', async () => {
  const all = clientsOf(azure, owner);
  const headers = { authorization: `Bearer ${await all.token()}` };
  const get = async (path: string) => (await http(azure, 'GET', path, { headers })).body;
  const subscriptions = await get('/subscriptions?api-version=2022-12-01');
  expect(subscriptions.value.map((one: { displayName: string }) => one.displayName)).toEqual([
    'Care production',
    'Research',
    'Finance',
  ]);
  const provider = await all.resources().providers.get('Microsoft.HealthBot');
  expect(provider.resourceTypes?.[0]?.apiVersions?.[0]).toBe('2025-11-01');
  const locks = await get(
    `${vaultId('kv-hospital-keys')}/providers/Microsoft.Authorization/locks?api-version=2016-09-01`,
  );
  expect(locks.value).toHaveLength(1);
});

test('tells a caller its own permissions and who holds a role', async () => {
  const permissions = [];
  const authorization = clients.authorization();
  const parts = ['rg-care-prod', 'Microsoft.KeyVault', '', 'vaults', 'kv-care-prod'] as const;
  for await (const one of authorization.permissions.listForResource(...parts)) permissions.push(one);
  expect(permissions).toHaveLength(2);
  expect(permissions[0]?.actions).toContain('Microsoft.KeyVault/vaults/write');
  const held = [];
  const filter = `principalId eq '${bot.id}'`;
  for await (const one of authorization.roleAssignments.listForScope(vaultId('kv-care-prod'), { filter }))
    held.push(one);
  expect(held.map((one) => one.scope)).toEqual([`/subscriptions/${careId}`, `/subscriptions/${careId}`]);
  const role = await clientsOf(azure, owner)
    .authorization()
    .roleDefinitions.get(`subscriptions/${careId}`, 'e147488a-f6f5-4113-8e2d-b22465e65bf6');
  expect(role.roleName).toBe('Key Vault Crypto Service Encryption User');
});

test('checks group membership, also through another group', async () => {
  const headers = { authorization: `Bearer ${await clients.token('https://graph.microsoft.com/.default')}` };
  const approver = '20000000-0000-4000-8000-000000000002';
  const approvers = '60000000-0000-4000-8000-000000000002';
  const everyone = '60000000-0000-4000-8000-000000000009';
  await changeState(azure, (state) => {
    state.groups.push({ id: everyone, displayName: 'Everyone', memberIds: [approvers] });
  });
  const groupIds = [approvers, everyone, '60000000-0000-4000-8000-000000000008'];
  const path = `/v1.0/users/${approver}/checkMemberGroups`;
  const { body } = await http(azure, 'POST', path, { headers, body: { groupIds } });
  expect(body.value).toEqual([approvers, everyone]);
  expect((await http(azure, 'GET', `/v1.0/users/${approver}`, { headers })).body.displayName).toBe('Approver');
  expect((await http(azure, 'GET', `/v1.0/groups/${approvers}`, { headers })).body.displayName).toBe('CMK approvers');
  expect((await http(azure, 'GET', '/v1.0/users/nobody', { headers })).body.error.code).toBe(
    'Request_ResourceNotFound',
  );
});

test('lists the people of a group and of the groups in it, page by page', async () => {
  const headers = { authorization: `Bearer ${await clients.token('https://graph.microsoft.com/.default')}` };
  const advanced = { ...headers, consistencylevel: 'eventual' };
  const whole = '60000000-0000-4000-8000-00000000000a';
  await changeState(azure, (state) => {
    const memberIds = ['60000000-0000-4000-8000-000000000001', '60000000-0000-4000-8000-000000000002'];
    state.groups.push({ id: whole, displayName: 'Whole', memberIds });
  });
  const path = `/v1.0/groups/${whole}/transitiveMembers/microsoft.graph.user`;
  const first = await http(azure, 'GET', `${path}?$count=true&$select=id&$top=2`, { headers: advanced });
  expect(first.body).toMatchObject({ '@odata.count': 3, value: [{ id: expect.any(String) }, {}] });
  expect(Object.keys(first.body.value[0])).toEqual(['id']);
  const link = new URL(first.body['@odata.nextLink']);
  const second = await http(azure, 'GET', `${link.pathname}${link.search}`, { headers: advanced });
  expect(second.body.value).toHaveLength(1);
  expect(second.body['@odata.nextLink']).toBeUndefined();

  // Casting is an advanced query: without its header, or without the count, Microsoft Graph refuses.
  expect((await http(azure, 'GET', `${path}?$count=true`, { headers })).body.error.code).toBe(
    'Request_UnsupportedQuery',
  );
  expect((await http(azure, 'GET', path, { headers: advanced })).status).toBe(400);
  expect((await http(azure, 'GET', path)).status).toBe(401);
  const none = '/v1.0/groups/60000000-0000-4000-8000-0000000000ff/transitiveMembers/microsoft.graph.user?$count=true';
  expect((await http(azure, 'GET', none, { headers: advanced })).body.error.code).toBe('Request_ResourceNotFound');
});

test('answers as a managed identity to those who send its header', async () => {
  const ask = (path: string, headers: Record<string, string>) => http(azure, 'GET', path, { headers });
  const resource = 'resource=https%3A%2F%2Fmanagement.azure.com%2F';
  const appService = `/msi/token?api-version=2019-08-01&${resource}`;
  const machine = `/metadata/identity/oauth2/token/?api-version=2018-02-01&${resource}`;
  expect((await ask(appService, {})).status).toBe(400);
  expect((await ask(machine, {})).status).toBe(400);
  for (const answer of [
    await ask(appService, { 'x-identity-header': 'x' }),
    await ask(machine, { metadata: 'true' }),
  ]) {
    const headers = { authorization: `Bearer ${answer.body.access_token}` };
    const list = `/subscriptions/${careId}/resources?api-version=2021-04-01`;
    expect((await http(azure, 'GET', list, { headers })).body.value).not.toEqual([]);
  }
});
