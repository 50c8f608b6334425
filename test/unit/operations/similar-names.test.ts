import { done } from '../../../src/domain/failure.ts';
import { KeyName } from '../../../src/domain/ids.ts';
import type { CustomerKey } from '../../../src/domain/observed.ts';
import { areNamesSimilar, closestName } from '../../../src/operations/choose.ts';
import { observeOthers, othersFor } from '../../../src/operations/other-agents.ts';
import { failure } from '../../support/builders/commands.ts';
import { resourceId } from '../../support/builders/fixtures.ts';
import { under, vault, version } from '../../support/builders/plans.ts';
import { scriptedAzure } from '../../support/builders/scripted-azure.ts';

test.each([
  ['kv-hospita1-keys', 'kv-hospital-keys'],
  ['kv-care-prod', 'kv-care-prcd'],
  ['kv-care-prod', 'kv-careprod'],
  ['kv-c0re-data', 'kv-core-data'],
  ['kv-rnedical', 'kv-medical'],
  ['KV-Care-Prod', 'kv-care-pod'],
])('%s is easily taken for %s', (one, other) => {
  expect(areNamesSimilar(one, other)).toBe(true);
  expect(areNamesSimilar(other, one)).toBe(true);
});

test.each([
  ['kv-care-prod', 'kv-care-prod'],
  ['kv-care-prod', 'kv-care-test'],
  ['kv-keys-01', 'kv-keys-02'],
  ['kv-a', 'kv-b'],
  ['cmk-triage-agent', 'cmk-ward-agent'],
])('%s is not taken for %s', (one, other) => expect(areNamesSimilar(one, other)).toBe(false));

const names = ['triage-agent-prod', 'triage-agent-test', 'ward-agent'];

it.each([
  ['triage-agent-prdo', 'triage-agent-prod'],
  ['Triage-Agent-Tst', 'triage-agent-test'],
  ['ward_agent', 'ward-agent'],
])('%s is taken for %s', (wrote, meant) => expect(closestName(wrote, names)).toBe(meant));

it('what is like none of them is taken for none', () => {
  expect(closestName('pharmacy', names)).toBeNull();
  expect(closestName('', names)).toBeNull();
  expect(closestName('ward', [])).toBeNull();
});

it('long texts are not compared at all', () => {
  const long = 'a'.repeat(100_000);
  // Compared, it would be found: it is the very same.
  expect(closestName(long, [long])).toBeNull();
});

describe('the keys of other agents', () => {
  const change = { to: { keyName: KeyName.parse('cmk-triage') } } as Parameters<typeof othersFor>[3];
  const chosen = vault({ name: 'kv-care-prod', uri: 'https://kv-care-prod.vault.azure.net/' });
  const read = async (keys: readonly CustomerKey[] | null) => {
    const azure = scriptedAzure();
    const resources = (keys ?? []).map((customerKey, n) => ({ id: resourceId(`a-${n}`), name: `a-${n}`, customerKey }));
    const own = { id: resourceId(), name: 'bot-care', customerKey: under(version('a')) };
    if (keys === null) azure.refuse('inventory.resourceKeys', failure());
    azure.inventory.resourceKeys =
      keys === null ? azure.inventory.resourceKeys : async () => done({ resources: [own, ...resources], unread: [] });
    return othersFor(azure, await observeOthers(azure, resourceId()), chosen, change);
  };
  const at = (name: string, key = 'other') =>
    under(version('b'), { vaultUri: `https://${name}.vault.azure.net/`, keyName: key });

  it('name vaults and keys that resemble the chosen ones, unless others use those', async () => {
    expect(await read([at('kv-care-prcd', 'cmk-tr1age')])).toMatchObject({
      vaultsAlike: ['kv-care-prcd'],
      keysAlike: ['cmk-tr1age'],
      sameKey: [],
    });
    const used = await read([at('kv-care-prcd', 'cmk-tr1age'), at('kv-care-prod', 'cmk-triage')]);
    expect(used).toMatchObject({ vaultsAlike: [], keysAlike: [], sameKey: [{ name: 'a-1' }], unread: false });
  });

  it('are unknown if they can’t be listed', async () => {
    expect(await read(null)).toEqual({ sameKey: [], vaultsAlike: [], keysAlike: [], unread: true });
  });
});
