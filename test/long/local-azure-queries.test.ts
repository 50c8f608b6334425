import { changeState, http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { careId, financeId, researchId } from '../support/azure/local-azure-names.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';

/** Queries are as strict as those of Azure: what the bot asks wrongly is noticed. */

const azure = simulatedAzure({ restores: true });
const clients = lazily(() => clientsOf(azure));

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
