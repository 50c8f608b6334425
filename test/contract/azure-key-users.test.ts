import { observedOnly, unpermitted, unused } from '../../src/domain/key-impact.ts';
import type { Azure } from '../../src/domain/ports/azure.ts';
import { readKeyImpact } from '../../src/operations/commands/cmk-status.ts';
import { all, giveRole, withoutActions } from '../support/azure/azure-state.ts';
import { changeState, http } from '../support/azure/local-azure.ts';
import { simulatedAzure } from '../support/azure/simulated-azure.ts';
import { bot, careId, connect, got, key, owner, researchId, vaultId, vaultNow } from './azure-setup.ts';

/** Which resources use a vault or a key: declared, allowed, observed, the differences, and what can't be read. */

const running = simulatedAzure({ restores: true });
let azure: Azure;
beforeEach(() => {
  azure = connect(running);
});

const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const giveReader = () =>
  changeState(
    running,
    all(
      ...[careId, researchId].map((id) => giveRole(bot.id, reader, () => `/subscriptions/${id}`, 'ServicePrincipal')),
    ),
  );

const impactOf = async (vault: string, keyName: string | null) => {
  const at = await vaultNow(azure, vaultId(vault));
  return readKeyImpact(azure, at, keyName === null ? null : key(keyName), new Date());
};

test('resources of every type that declares the key are listed, and no other', async () => {
  await giveReader();
  const impact = await impactOf('kv-hospital-keys', 'cmk-virtual-visit');
  expect(impact.users.map(({ name, noun, keyVersion }) => [name, noun, keyVersion === null])).toEqual([
    ['appcs-care', 'App Configuration store', true],
    ['des-care', 'disk encryption set', false],
    ['cosmos-care', 'Cosmos DB account', true],
    ['virtual-visit-agent', 'healthcare agent service', false],
    ['sb-care', 'Service Bus namespace', true],
    ['sql-care', 'SQL server', false],
    ['stcareimaging', 'storage account', true],
  ]);
  expect([impact.unread, impact.hidden]).toEqual([[], []]);
});

test('a key that nothing declares has no users, and a vault has those of all its keys', async () => {
  await giveReader();
  expect((await impactOf('kv-hospital-keys', 'hospital-data')).users).toEqual([]);
  expect((await impactOf('kv-hospital-keys', null)).users).toHaveLength(7);
});

test('types that the bot can’t read are named, for each subscription', async () => {
  const { users, hidden } = await impactOf('kv-hospital-keys', null);
  expect(users.map(({ name }) => name)).toEqual(['virtual-visit-agent']);
  expect(hidden.map(({ subscriptionId, nouns }) => [subscriptionId, nouns.length])).toEqual([
    [careId, 22],
    [researchId, 22],
  ]);
});

test('a subscription that can’t be read is named', async () => {
  azure = connect(running, { subscriptions: [careId, '40000000-0000-4000-8000-000000000003'] });
  const { unread, users } = await impactOf('kv-hospital-keys', null);
  expect(unread.map(({ subscriptionId }) => subscriptionId)).toEqual(['40000000-0000-4000-8000-000000000003']);
  expect(users).toHaveLength(1);
});

test('who has permission is compared with what is declared', async () => {
  await giveReader();
  const impact = await impactOf('kv-hospital-keys', 'cmk-virtual-visit');
  // The agent has its role at this key; Key custodians and an owner have theirs above it.
  expect(unused(impact)).toMatchObject([{ type: 'app' }, { type: 'group', members: 2, apps: [] }]);
  expect(unpermitted(impact).map(({ name }) => name)).not.toContain('virtual-visit-agent');
  expect(unpermitted(impact)).toHaveLength(6);
});

const workspaceId = 'a0000000-0000-4000-8000-000000000001';

test('who was observed is compared with what is declared, and has permission for a reason', async () => {
  azure = connect(running, { workspaceId });
  const before = await impactOf('kv-hospital-keys', 'cmk-virtual-visit');
  const byAgent = { keyName: 'cmk-virtual-visit', refused: false, type: 'app' };
  expect(before.observed).toMatchObject({ outcome: 'read', users: [byAgent] });
  expect(observedOnly(before)).toEqual([]);
  const newest = got(await azure.keys.get(vaultId('kv-hospital-keys'), key('cmk-virtual-visit'), null));
  if (newest === null) throw new Error('there is no key');
  const { uri } = await vaultNow(azure, vaultId('kv-hospital-keys'));
  got(await connect(running, { who: owner }).keys.probe(uri, newest.name, newest.version));
  got(await azure.keys.probe(uri, newest.name, newest.version));
  const after = await impactOf('kv-hospital-keys', 'cmk-virtual-visit');
  // The bot’s own calls are no use.
  expect(observedOnly(after)).toMatchObject([{ principalId: owner.id, keyVersion: newest.version, refused: false }]);
  expect(unused(after).map(({ type }) => type)).toEqual(['group']);
  expect((await impactOf('kv-hospital-keys', 'hospital-data')).observed).toMatchObject({ outcome: 'read', users: [] });
});

test('where no log can be read, the reason is told', async () => {
  expect((await impactOf('kv-hospital-keys', null)).observed).toEqual({ outcome: 'not-configured' });
  azure = connect(running, { workspaceId });
  const scenario = (name: string) => http(running, 'POST', '/simulator/scenarios', { body: { names: [name] } });
  await scenario('logs-not-sent');
  expect((await impactOf('kv-hospital-keys', null)).observed).toEqual({ outcome: 'no-rows' });
  for (const [name, code] of [
    ['logs-cut-short', 'PartialError'],
    ['logs-refused', 'InsufficientAccessError'],
  ] as const) {
    await http(running, 'DELETE', '/simulator/scenarios');
    await scenario(name);
    const { observed } = await impactOf('kv-hospital-keys', null);
    expect(observed).toMatchObject({ outcome: 'not-readable', failure: { code } });
  }
  await http(running, 'DELETE', '/simulator/scenarios');
});

test('a vault with access policies, and a bot that can’t read role assignments', async () => {
  const { holders } = await impactOf('kv-policy-keys', null);
  expect(holders).toHaveLength(1);
  await changeState(running, withoutActions('Microsoft.Authorization/roleAssignments/read'));
  const unread = await impactOf('kv-hospital-keys', null);
  expect(unread.holders).toBeNull();
  expect(unpermitted(unread)).toEqual([]);
});
