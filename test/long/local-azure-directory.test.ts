import { changeState, type HttpAnswer, http } from '../support/azure/local-azure.ts';
import { clientsOf, codeOf, readAgent, writeAgent } from '../support/azure/local-azure-clients.ts';
import { agentId, careId, financeId, owner, researchId, tenantId } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

/** What is asked across subscriptions and of the tenant: Resource Graph that lags and refuses, ids and names in the directory. */

const azure = simulatedAzure({ restores: true });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('Resource Graph', () => {
  const ask = (query: string, subscriptions?: string[], who = clientsOf(azure)) =>
    who.graph().resources({ query, ...(subscriptions === undefined ? {} : { subscriptions }) });
  const tagged = async () => {
    const { data } = await ask("resources | where tags.ward =~ '7' | project name");
    return (data as { name: string }[]).map(({ name }) => name);
  };
  const agent = agentId('vaccination-agent');
  const lag = (graphLagMs: number) =>
    changeState(azure, ({ settings }) => {
      settings.graphLagMs = graphLagMs;
    });

  test('is behind by as much as the settings say, while Azure Resource Manager is not', async () => {
    await lag(3_600_000);
    await writeAgent(clientsOf(azure), agent, { tags: { ward: '7' } });
    expect((await readAgent(clientsOf(azure), agent)).tags).toEqual({ ward: '7' });
    expect(await tagged()).toEqual([]);
    await lag(0);
    expect(await tagged()).toEqual(['vaccination-agent']);
  });

  test('comes to know what there was, one after the other', async () => {
    await lag(1_000);
    const writes: readonly (readonly [Record<string, string>, readonly string[]])[] = [
      [{ ward: '7' }, ['vaccination-agent']],
      [{}, []],
    ];
    for (const [tags, names] of writes) {
      const from = Date.now();
      await writeAgent(clientsOf(azure), agent, { tags });
      while (`${await tagged()}` !== `${names}`) await pause(50);
      expect(Date.now() - from).toBeGreaterThanOrEqual(1_000);
    }
  });

  test('refuses whoever may read nothing in a subscription that is asked for, in its own words', async () => {
    const refusal = async (subscriptions: string[]) =>
      http(azure, 'POST', '/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01', {
        headers: { authorization: `Bearer ${await clientsOf(azure).token()}` },
        body: { query: 'resources', subscriptions },
      });
    for (const subscriptions of [[financeId], [careId, financeId], ['40000000-0000-4000-8000-0000000000ff']]) {
      const { status, body } = await refusal(subscriptions);
      expect([status, body.error.code]).toEqual([403, 'AccessDenied']);
      expect(body.error.message).toContain('Please provide below info when asking for support: timestamp = ');
      expect(body.error.details).toEqual([
        {
          code: 'AccessDenied',
          message: 'Access is denied to the requested resource. The user might not have enough permission.',
        },
      ]);
    }
    const { status, headers } = await refusal([careId, researchId]);
    expect([status, headers['x-ms-user-quota-remaining']]).toEqual([200, '14']);
    expect((await ask('resources', [financeId], clientsOf(azure, owner))).totalRecords).toBe(1);
    expect((await ask('resources')).totalRecords).toBe(16);
  });

  test('refuses a column that there is not, rather than find nothing', async () => {
    expect(await codeOf(ask("resources | where colour =~ 'red'"))).toBe('BadRequest');
    expect(await codeOf(ask('resources | project name | order by location asc'))).toBe('BadRequest');
  });
});

describe('Microsoft Graph', () => {
  const graph = async (method: string, path: string, body?: unknown, who = owner): Promise<HttpAnswer> =>
    http(azure, method, path, {
      headers: { authorization: `Bearer ${await clientsOf(azure, who).token('https://graph.microsoft.com/.default')}` },
      body,
    });
  const person = '20000000-0000-4000-8000-000000000002';
  const group = '60000000-0000-4000-8000-0000000000c1';

  test('gives names to ids of every kind, or of those that are wanted', async () => {
    const ids = [person, group, owner.id.toUpperCase(), '20000000-0000-4000-8000-0000000000ff'];
    const kinds = async (types?: readonly string[]) => {
      const { body } = await graph('POST', '/v1.0/directoryObjects/getByIds', { ids, types });
      return body.value.map((one: Record<string, string>) => [one['@odata.type'], one.displayName]);
    };
    const all = [
      ['#microsoft.graph.user', 'Approver'],
      ['#microsoft.graph.group', 'Key custodians'],
      ['#microsoft.graph.servicePrincipal', 'Owner'],
    ];
    expect(await kinds()).toEqual(all);
    expect(await kinds(['user', 'servicePrincipal'])).toEqual([all[0], all[2]]);
    expect((await graph('POST', '/v1.0/directoryObjects/getByIds', { ids: [] })).status).toBe(400);
  });

  test('tells which tenant it is', async () => {
    const { body } = await graph('GET', '/v1.0/organization');
    expect(body.value).toEqual([expect.objectContaining({ id: tenantId, tenantType: 'AAD' })]);
  });

  test('tells neither to the bot, whose permissions are for people and their groups', async () => {
    const bot = { id: '50000000-0000-4000-8000-000000000002', secret: 'local-bot' };
    for (const answer of [
      await graph('POST', '/v1.0/directoryObjects/getByIds', { ids: [person] }, bot),
      await graph('GET', '/v1.0/organization', undefined, bot),
    ]) {
      expect([answer.status, answer.body.error.code]).toEqual([403, 'Authorization_RequestDenied']);
    }
  });
});
