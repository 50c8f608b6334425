import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf, codeOf } from '../support/azure/local-azure-clients.ts';
import { agentId, careId, financeId, owner, vaultId } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

/** Lists page by page, what they are filtered by, and what else clients ask of a subscription. */

const azure = simulatedAzure({ restores: true });

const all = () => clientsOf(azure, owner);
const arm = async (method: string, path: string, body?: unknown, who = all()) =>
  http(azure, method, path, { headers: { authorization: `Bearer ${await who.token()}` }, body });
const care = `/subscriptions/${careId}`;
const pageSize = (size: number) =>
  changeState(azure, ({ settings }) => {
    settings.pageSize = size;
  });

/** Follows the links as any client does; how long each page was, and what stood on them. */
const pagesOf = async (
  path: string,
): Promise<{ readonly sizes: readonly number[]; readonly ids: readonly string[] }> => {
  const sizes: number[] = [];
  const ids: string[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { status, body } = await arm('GET', next);
    expect(status).toBe(200);
    sizes.push(body.value.length);
    ids.push(...body.value.map((one: { id: string }) => one.id));
    const link: URL | undefined = body.nextLink === undefined ? undefined : new URL(body.nextLink);
    if (link !== undefined) expect(link.origin).toBe(azure.url);
    next = link && link.pathname + link.search;
  }
  return { sizes, ids };
};

describe('a list of Azure Resource Manager', () => {
  const group = `${care}/resourceGroups/rg-care-prod`;
  test.each([
    ['/subscriptions?api-version=2022-12-01'],
    [`${care}/resourceGroups?api-version=2024-07-01`],
    [`${care}/resources?api-version=2024-07-01`],
    [`${care}/providers/Microsoft.HealthBot/healthBots?api-version=2025-11-01`],
    [`${group}/providers/Microsoft.HealthBot/healthBots?api-version=2025-11-01`],
    [`${care}/providers/Microsoft.KeyVault/vaults?api-version=2023-07-01`],
    [`${vaultId('kv-care-prod')}/keys?api-version=2023-07-01`],
    [`${vaultId('kv-hospital-keys')}/keys/cmk-virtual-visit/versions?api-version=2023-07-01`],
    [`${care}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01`],
    [`${group}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`],
  ])('comes in pages of one, with the same entries in the same order: %s', async (path) => {
    const whole = await pagesOf(path);
    expect([whole.sizes.length, whole.ids.length > 1]).toEqual([1, true]);
    await pageSize(1);
    expect(await pagesOf(path)).toEqual({ sizes: whole.ids.map(() => 1), ids: whole.ids });
  });

  test('has pages as long as `$top` says, which the official clients follow', async () => {
    const names: string[] = [];
    for await (const page of all().vaults().vaults.listBySubscription({ top: 3 }).byPage()) {
      names.push(page.map((one) => one.name).join(' '));
    }
    expect(names).toEqual(['kv-care-prod kv-hospital-keys kv-care-north', 'kv-policy-keys']);
    const refused = await arm('GET', `${care}/resources?api-version=2024-07-01&$top=none`);
    expect([refused.status, refused.body.error.code]).toEqual([400, 'InvalidTopInQueryString']);
    const token = await arm('GET', `${care}/resources?api-version=2024-07-01&$skiptoken=none`);
    expect([token.status, token.body.error.code]).toEqual([400, 'InvalidSkipToken']);
  });

  test('leaves nothing out when what a page ended with goes meanwhile', async () => {
    const path = `${care}/providers/Microsoft.HealthBot/healthBots?api-version=2025-11-01`;
    const { ids } = await pagesOf(path);
    const first = await arm('GET', `${path}&$top=2`);
    const gone = String(ids[1]).split('/').at(-1);
    await changeState(azure, (state) => {
      state.agents = state.agents.filter((one: { name: string }) => one.name !== gone);
    });
    const { pathname, search } = new URL(first.body.nextLink);
    const second = await arm('GET', pathname + search);
    expect(second.body.value.map((one: { id: string }) => one.id)).toEqual(ids.slice(2, 4));
  });
});

test('a list of Microsoft Graph ends without a link', async () => {
  const graph = { authorization: `Bearer ${await all().token('https://graph.microsoft.com/.default')}` };
  const members = '/v1.0/groups/60000000-0000-4000-8000-0000000000c1/members';
  const page = (await http(azure, 'GET', `${members}?$top=1`, { headers: graph })).body;
  const next = new URL(page['@odata.nextLink']);
  const rest = (await http(azure, 'GET', next.pathname + next.search, { headers: graph })).body;
  expect([page.value.length, rest.value.length, rest['@odata.nextLink']]).toEqual([1, 1, undefined]);
});

describe('the list of resources', () => {
  const names = async (filter: string, version = '2024-07-01', scope = care) => {
    const query = new URLSearchParams({ 'api-version': version, $filter: filter });
    const { body } = await arm('GET', `${scope}/resources?${query.toString()}`);
    return body.error?.code ?? body.value.map((one: { name: string }) => one.name);
  };
  const vaults = ['kv-care-prod', 'kv-hospital-keys', 'kv-care-north', 'kv-policy-keys'];

  test('answers the version that old clients list vaults in', async () => {
    expect(await names("resourceType eq 'Microsoft.KeyVault/vaults'", '2015-11-01')).toEqual(vaults);
    const listed: (string | undefined)[] = [];
    for await (const one of all().vaults().vaults.list()) listed.push(one.name);
    expect(listed).toEqual(vaults);
  });

  test('with an empty filter is the whole list', async () => {
    expect(await names('')).toHaveLength(11);
    expect(await names("''")).toHaveLength(11);
  });

  test.each([
    ["resourceGroup eq 'RG-CARE-NORTH'", ['ward-agent', 'kv-care-north']],
    ["location eq 'northeurope' and resourceType eq 'microsoft.healthbot/healthbots'", ['ward-agent']],
    ["resourceType ne 'Microsoft.HealthBot/healthBots'", vaults],
    ["substringof('TRIAGE', name)", ['triage-agent-prod', 'triage-agent-test']],
    ["substringof('north', resourceGroup) and name ne 'ward-agent'", ['kv-care-north']],
    ["name eq 'ward-agent' or name eq 'kv-policy-keys'", ['ward-agent', 'kv-policy-keys']],
    ["tagName eq 'Environment' and tagValue eq 'production'", ['triage-agent-prod']],
    ["tagName eq 'environment'", ['triage-agent-prod', 'triage-agent-test']],
    ["startswith(tagName, 'env')", ['triage-agent-prod', 'triage-agent-test']],
    ["tagName eq 'environment' and tagValue eq 'PRODUCTION'", []],
    ["identity/principalId eq '90000000-0000-4000-8000-000000000002'", ['ward-agent']],
    ["name eq 'a or b'", []],
    ["colour eq 'red'", 'InvalidFilterInQueryString'],
    ["tagValue eq 'production'", 'InvalidFilterInQueryString'],
    ["name gt 'a'", 'InvalidFilterInQueryString'],
    ["substringof('a', location)", 'InvalidFilterInQueryString'],
  ])('is filtered by %s', async (filter, found) => {
    expect(await names(filter)).toEqual(found);
  });

  test('shows tags, except where it was filtered by them', async () => {
    const path = (filter: string) => `${care}/resources?api-version=2024-07-01&$filter=${encodeURIComponent(filter)}`;
    const [named] = (await arm('GET', path("name eq 'triage-agent-prod'"))).body.value;
    expect(named).toMatchObject({ tags: { environment: 'production' }, sku: { name: 'C1' } });
    const [tagged] = (await arm('GET', path("tagName eq 'environment'"))).body.value;
    expect(tagged).not.toHaveProperty('tags');
  });
});

describe('whether there is one', () => {
  test('is told of groups and resources, and of nothing else', async () => {
    const resources = all().resources();
    expect((await resources.resourceGroups.checkExistence('rg-care-prod')).body).toBe(true);
    expect((await resources.resourceGroups.checkExistence('rg-nowhere')).body).toBe(false);
    const exists = async (id: string) => (await resources.resources.checkExistenceById(id.slice(1), '2025-11-01')).body;
    expect(await exists(agentId('ward-agent', 'rg-care-north'))).toBe(true);
    expect(await exists(agentId('ward-agent'))).toBe(false);
    const heads = async (path: string) => {
      const { status, body } = await arm('HEAD', path);
      return [status, body];
    };
    expect(await heads(`${vaultId('kv-care-prod')}?api-version=2023-07-01`)).toEqual([204, '']);
    expect(await heads(`${vaultId('kv-nowhere')}?api-version=2023-07-01`)).toEqual([404, '']);
    expect(await heads(`${care}/resourceGroups?api-version=2024-07-01`)).toEqual([501, '']);
  });

  test('is not told to one who may not read it', async () => {
    const path = `${agentId('wages-agent', 'rg-finance', financeId)}?api-version=2025-11-01`;
    expect((await arm('HEAD', path, undefined, clientsOf(azure))).status).toBe(403);
  });
});

describe('a subscription', () => {
  test('is registered for a provider, or nothing can be made of it there', async () => {
    const { providers } = all().resources();
    await changeState(azure, (state) => {
      state.unregistered.push({ subscriptionId: careId, namespace: 'Microsoft.HealthBot' });
    });
    expect((await providers.get('Microsoft.HealthBot')).registrationState).toBe('NotRegistered');
    const write = () => arm('PATCH', `${agentId('vaccination-agent')}?api-version=2025-11-01`, { tags: { ward: '7' } });
    const { status, body } = await write();
    expect([status, body.error]).toEqual([
      409,
      {
        code: 'MissingSubscriptionRegistration',
        message: expect.stringContaining("not registered to use namespace 'Microsoft.HealthBot'"),
        details: [expect.objectContaining({ target: 'Microsoft.HealthBot' })],
      },
    ]);
    expect((await arm('GET', `${agentId('vaccination-agent')}?api-version=2025-11-01`)).status).toBe(200);
    const byBot = clientsOf(azure).resources().providers.register('Microsoft.HealthBot');
    expect(await codeOf(byBot)).toBe('AuthorizationFailed');
    expect((await providers.register('Microsoft.HealthBot')).registrationState).toBe('Registering');
    expect((await providers.get('Microsoft.HealthBot')).registrationState).toBe('Registered');
    expect((await write()).status).toBe(201);
    expect(await codeOf(providers.register('Microsoft.Nowhere'))).toBe('InvalidResourceNamespace');
  });
});
