import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { careId, financeId, owner, researchId, vaultId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** Queries and lists are as strict, and as incomplete, as those of Azure: what the bot asks wrongly or reads by half is noticed. */

const azure = simulatedAzure({ restores: true });
const clients = lazily(() => clientsOf(azure));

const get = async (path: string, who = clients) => {
  const headers = { authorization: `Bearer ${await who.token()}` };
  return http(azure, 'GET', path, { headers });
};

describe('Resource Graph', () => {
  const post = async (body: object) => {
    const headers = { authorization: `Bearer ${await clients.token()}` };
    return http(azure, 'POST', '/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01', {
      headers,
      body,
    });
  };
  const names = async (tail: string) => {
    const { body } = await post({ query: `resources | ${tail} | project name` });
    return body.data.map(({ name }: { name: string }) => name);
  };

  test('filters by type, by list and by text, with types in lower case, which `==` minds', async () => {
    expect(
      await names("where type =~ 'Microsoft.HealthBot/healthBots' | where name contains 'TRIAGE' | order by name desc"),
    ).toEqual(['triage-agent-test', 'triage-agent-prod']);
    expect(await names(`where subscriptionId =~ '${researchId}' | where name contains "kv-" | order by name`)).toEqual([
      'kv-legacy',
      'kv-lab',
      'kv-hospita1-keys',
    ]);
    expect(await names("where type == 'Microsoft.HealthBot/healthBots'")).toEqual([]);
    expect(await names("where type in~ ('Microsoft.KeyVault/VAULTS') | order by name asc | limit 2")).toEqual([
      'kv-care-north',
      'kv-care-prod',
    ]);
  });

  test('takes a quoted text for what it says, with an escaped quote in it', async () => {
    await changeState(azure, ({ agents }) => {
      agents.find((one: { name: string }) => one.name === 'ward-agent').content.tags = { tricky: "it's \\ |" };
    });
    expect(await names(String.raw`where tags.tricky contains 'IT\'S \\ |'`)).toEqual(['ward-agent']);
  });

  test.each([
    ['resources | summarize count() by type', { code: 'InvalidQueryLanguage', token: 'summarize' }],
    ['resourcecontainers', { code: 'InvalidQueryLanguage', token: 'resourcecontainers' }],
    ['resources | where name =~', { code: 'ParserFailure', token: '<EOF>', characterPositionInLine: 25 }],
    ["resources\n| where name != 'a'", { code: 'ParserFailure', token: '!', line: 2, characterPositionInLine: 13 }],
    ["resources | where name =~ 'a' and kind =~ 'b'", { code: 'ParserFailure', token: 'and' }],
    ["resources | where name in~ 'a'", { code: 'ParserFailure', token: 'a' }],
    ["resources | where tolower(name) =~ 'a'", { code: 'UnknownFunction', message: "Unknown function: 'tolower'." }],
    [String.raw`resources | where name =~ '\x41'`, { code: 'ParserFailure', token: "'" }],
    ['resources | project a=constructor(name)', { code: 'UnknownFunction' }],
    ["resources | where nmae =~ 'a'", { code: 'UnknownColumn', message: "Unknown column: 'nmae'." }],
    ['resources | project name | order by location asc', { code: 'UnknownColumn' }],
    ['resources | limit 1.5', { code: 'ParserFailure', token: '.' }],
  ])('refuses a query outside the part of the language it reads: %s', async (query, detail) => {
    const { status, body } = await post({ query });
    expect([status, body.error.details[0].code]).toEqual([400, 'InvalidQuery']);
    expect(body.error.details[1]).toMatchObject(detail);
  });

  test('refuses whoever may read nothing in a subscription that is asked for', async () => {
    for (const subscriptions of [[financeId], [careId, financeId]]) {
      const { status, body } = await post({ query: 'resources', subscriptions });
      expect([status, body.error.code]).toEqual([403, 'AccessDenied']);
    }
    expect((await post({ query: 'resources', subscriptions: [careId, researchId] })).status).toBe(200);
    expect((await post({ query: 'resources' })).body.totalRecords).toBe(16);
  });
});

describe('a list of Azure Resource Manager', () => {
  const care = `/subscriptions/${careId}`;
  const pagesOf = async (path: string) => {
    const [sizes, ids]: [number[], string[]] = [[], []];
    for (let next: string | undefined = path; next !== undefined; ) {
      const { body } = await get(next, clientsOf(azure, owner));
      sizes.push(body.value.length);
      ids.push(...body.value.map((one: { id: string }) => one.id));
      const link: URL | undefined = body.nextLink === undefined ? undefined : new URL(body.nextLink);
      next = link && link.pathname + link.search;
    }
    return { sizes, ids };
  };

  test.each([
    [`${care}/providers/Microsoft.HealthBot/healthBots?api-version=2025-11-01`],
    [`${care}/providers/Microsoft.KeyVault/vaults?api-version=2023-07-01`],
    [`${vaultId('kv-care-prod')}/keys?api-version=2023-07-01`],
    [`${vaultId('kv-hospital-keys')}/keys/cmk-virtual-visit/versions?api-version=2023-07-01`],
    [`${care}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01`],
    [`${vaultId('kv-care-prod')}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`],
  ])('comes in pages of one, with the same entries in the same order: %s', async (path) => {
    const whole = await pagesOf(path);
    expect([whole.sizes.length, whole.ids.length > 1]).toEqual([1, true]);
    await changeState(azure, ({ settings }) => {
      settings.pageSize = 1;
    });
    expect(await pagesOf(path)).toEqual({ sizes: whole.ids.map(() => 1), ids: whole.ids });
  });
});

describe('Microsoft Graph', () => {
  const approvers = '60000000-0000-4000-8000-000000000002';
  const whole = '60000000-0000-4000-8000-00000000000a';
  const graph = async (method: string, path: string, more: Record<string, string> = {}, body?: object) => {
    const token = await clients.token('https://graph.microsoft.com/.default');
    return http(azure, method, `/v1.0/${path}`, { headers: { authorization: `Bearer ${token}`, ...more }, body });
  };
  beforeEach(() =>
    changeState(azure, ({ groups }) => {
      const memberIds = ['60000000-0000-4000-8000-000000000001', approvers];
      groups.push({ id: whole, displayName: 'Whole', memberIds });
    }),
  );

  test('checks group membership, also through another group', async () => {
    const groupIds = [approvers, whole, '60000000-0000-4000-8000-000000000008'];
    const path = 'users/20000000-0000-4000-8000-000000000002/checkMemberGroups';
    expect((await graph('POST', path, {}, { groupIds })).body.value).toEqual([approvers, whole]);
    expect((await graph('GET', 'users/nobody')).body.error.code).toBe('Request_ResourceNotFound');
  });

  test('lists the people of a group and of the groups in it, page by page, to an advanced query only', async () => {
    const advanced = { consistencylevel: 'eventual' };
    const path = `groups/${whole}/transitiveMembers/microsoft.graph.user`;
    const first = await graph('GET', `${path}?$count=true&$select=id&$top=2`, advanced);
    expect(first.body).toMatchObject({ '@odata.count': 3, value: [{ id: expect.any(String) }, {}] });
    const link = new URL(first.body['@odata.nextLink']);
    const second = await graph('GET', `${link.pathname.slice(6)}${link.search}`, advanced);
    expect([second.body.value.length, second.body['@odata.nextLink']]).toEqual([1, undefined]);
    expect((await graph('GET', `${path}?$count=true`)).body.error.code).toBe('Request_UnsupportedQuery');
    expect((await graph('GET', path, advanced)).status).toBe(400);
  });

  test('gives the bot no names of other objects, nor those of the tenant', async () => {
    const ids = ['20000000-0000-4000-8000-000000000002'];
    for (const answer of [
      await graph('POST', 'directoryObjects/getByIds', {}, { ids }),
      await graph('GET', 'organization'),
    ]) {
      expect([answer.status, answer.body.error.code]).toEqual([403, 'Authorization_RequestDenied']);
    }
  });
});
