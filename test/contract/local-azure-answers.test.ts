import { PersonId } from '../../src/domain/ids.ts';
import type { Azure } from '../../src/domain/ports/azure.ts';
import { http } from '../support/azure/local-azure.ts';
import { clientsOf } from '../support/azure/local-azure-clients.ts';
import { lazily, simulatedAzure } from '../support/azure/simulated-azure.ts';
import { careId, connect, customCloud, key, outsideFailureOf, resourceRef, vaultId } from './azure-setup.ts';

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
