import { http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { bot, owner } from '../support/azure/local-azure-names.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';

/** The directory as Azure's own tools look people, groups and apps up in it: by filters. */

const azure = simulatedAzure();
let headers: Record<string, string>;

beforeAll(async () => {
  headers = { authorization: `Bearer ${await clientsOf(azure, owner).token('https://graph.microsoft.com/.default')}` };
});

const list = async (kind: string, filter: string) => {
  const { status, body } = await http(azure, 'GET', `/v1.0/${kind}?$filter=${encodeURIComponent(filter)}`, { headers });
  return status === 200 ? body.value.map((one: { displayName: string }) => one.displayName) : body.error.code;
};

test.each([
  ['servicePrincipals', `servicePrincipalNames/any(c:c eq '${bot.id}')`, ['CMK bot']],
  ['servicePrincipals', `appId eq '${bot.id}'`, ['CMK bot']],
  ['servicePrincipals', "startswith(displayName,'CMK')", ['CMK bot']],
  ['groups', "displayName eq 'key CUSTODIANS'", ['Key custodians']],
  ['groups', "displayName eq 'Key custodians' and id eq 'x'", []],
  ['users', "mail eq 'nobody''s'", []],
  ['users', "contains(displayName,'a')", 'Request_UnsupportedQuery'],
])('%s where %s are found, or the filter is refused', async (kind, filter, found) => {
  expect(await list(kind, filter)).toEqual(found);
});

test('whoever may not read apps is refused the list of them', async () => {
  const token = await clientsOf(azure).token('https://graph.microsoft.com/.default');
  const { status, body } = await http(azure, 'GET', '/v1.0/servicePrincipals', {
    headers: { authorization: `Bearer ${token}` },
  });
  expect([status, body.error.code]).toEqual([403, 'Authorization_RequestDenied']);
});
