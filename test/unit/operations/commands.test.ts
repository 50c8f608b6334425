import { done } from '../../../src/domain/failure.ts';
import { ArmId, KeyName } from '../../../src/domain/ids.ts';
import type { CustomerKey } from '../../../src/domain/observed.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import type { ResourceSummary } from '../../../src/domain/ports/inventory.ts';
import { refuseOnFailure } from '../../../src/domain/request/refusal.ts';
import type { Drift } from '../../../src/domain/watch/resource-watch.ts';
import {
  chooseKey,
  chooseNewKey,
  chooseResource,
  chooseVault,
  type NewKeyInputs,
} from '../../../src/operations/choose.ts';
import { requestCommand } from '../../../src/operations/commands/registry.ts';
import { enableCmk as enabling } from '../../../src/operations/enable-cmk/enable-cmk.ts';
import { observeOthers, othersFor } from '../../../src/operations/other-resources.ts';
import { kindAfter } from '../../../src/operations/rotate-cmk/version-page.ts';
import { areNamesSimilar } from '../../../src/operations/similar-names.ts';
import { parseStartTime } from '../../../src/operations/start-time.ts';
import { fleetPage } from '../../../src/teams/cards/views/fleet-view.ts';
import { call, commandWorld } from '../../support/builders/command-world.ts';
import { failure } from '../../support/builders/commands.ts';
import { resourceId, vaultId } from '../../support/builders/fixtures.ts';
import { key, keyName, noon, under, vault, version } from '../../support/builders/plans.ts';
import { keyed, scriptedAzure } from '../../support/builders/scripted-azure.ts';

const azure = scriptedAzure();
const refused = (code: string, fact: string) => ({ kind: 'refused', code, fact });

function withResources(...names: string[]) {
  const resources = names.map(
    (name, n) => ({ id: `${resourceId(name)}`.replace('rg-care', `rg-${n}`), name }) as ResourceSummary,
  );
  return { ...azure, inventory: { ...azure.inventory, resources: async () => done(resources) } };
}

const nearBotCare = { ...refused('unknown-resource', 'bot-cares'), near: 'bot-care' };

type Choose = (typed: string) => Promise<unknown>;
const choices: Readonly<Record<string, Choose>> = {
  agent: (typed) => chooseResource(azure, typed),
  vault: (typed) => chooseVault(azure, typed),
  key: (typed) => chooseKey(azure, vaultId, typed),
};
const unknown = 'unknown-resource';
const mistyped = resourceId('bot-cares');
const ofAccount = ArmId.parse(resourceId().replace('HealthBot/healthBots', 'Storage/storageAccounts'));

it.each<[string, string, object]>([
  ...['bot-care', ' BOT-care ', resourceId(), resourceId().toUpperCase()].map((typed): [string, string, object] => [
    'agent',
    typed,
    { id: resourceId() },
  ]),
  ...['kv-care', 'KV-CARE ', vaultId.toUpperCase()].map((typed): [string, string, object] => [
    'vault',
    typed,
    { id: vaultId },
  ]),
  ['agent', 'bot', refused(unknown, 'bot')],
  // A long name isn't repeated in full.
  ['agent', 'x'.repeat(500), refused(unknown, 'x'.repeat(80))],
  // An ID is named by its end.
  ['agent', mistyped, nearBotCare],
  ['agent', mistyped.replace('HealthBot', 'HealthBots'), nearBotCare],
  ['agent', ofAccount, refused('kind-off', 'storage account')],
  ['key', 'other', { code: 'unknown-key' }],
  ['key', '', { code: 'choice-missing' }],
])('an %s is chosen by what was typed, or isn’t: %j', async (what, typed, answer) => {
  expect(await choices[what]?.(typed)).toMatchObject(answer);
});

it('two resources of one name that differ from what was approved count as two, and one with its kind', async () => {
  const finding = { state: { code: 'key-disabled' }, foundAt: noon.toISOString() };
  const drifts = new Map([resourceId(), ofAccount].map((id) => [id, { found: [finding] } as unknown as Drift]));
  const read = async () => ({ resources: [], drifts, unread: [], hidden: [], asOf: noon });
  const reader = { read, unsupported: async () => new Map() };
  const boxOf = async (id: string) => {
    const page = await fleetPage(reader, { list: 'agents', filter: 'all', id }, { asks: true }, noon, 1);
    return JSON.stringify(page.box);
  };
  expect(await boxOf('')).toContain('2 resources aren’t as approved');
  expect(await boxOf('Storage acc')).toContain('1 resource isn’t as approved');
});

it('an agent needs its id when two have the name, in whatever case', async () => {
  const two = withResources('bot-care', 'Bot-Care');
  expect(await chooseResource(two, 'bot-care')).toEqual(refused('ambiguous-resource', 'bot-care'));
  const id = resourceId('bot-care').replace('rg-care', 'rg-0');
  expect(await chooseResource(two, id)).toMatchObject({ id });
});

it('a key is chosen at the version that is newest now', async () => {
  const two = scriptedAzure({ keys: [key(), key({ version: version('b') })] });
  const chosen = { kind: 'existing', name: keyName, version: version('b') };
  expect(await chooseKey(two, vaultId, ' care ')).toEqual(chosen);
});

it.each([
  [{ next: 'wait', status: 429, code: 'Throttled', message: 'Too many requests.' }, 'azure-unreachable'],
  [{ status: 403, code: 'AuthorizationFailed', message: 'No.' }, 'azure-refused'],
] as const)('says what Azure said when a list cannot be read: %j', async (answer, code) => {
  const dark = scriptedAzure();
  dark.refuse('inventory.resources', failure(answer));
  expect(await refuseOnFailure<unknown>(() => chooseResource(dark, 'any'))).toMatchObject({
    code,
    failure: { code: answer.code, message: answer.message },
  });
});

const choose = (change: Partial<NewKeyInputs>) =>
  chooseNewKey({ newKeyName: 'care-2026', keyType: 'RSA', keySize: '3072', keyExpiry: '', ...change }, noon);

it.each<[string, keyof NewKeyInputs, readonly string[]]>([
  ['new-key-name-unfit', 'newKeyName', ['', 'new', 'a b', 'a_b', 'a'.repeat(128)]],
  [
    'new-key-expiry-unfit',
    'keyExpiry',
    ['2026-03-02', '2020-01-01', 'tomorrow', '2027-13-01', '2027-02-31', '2027-1-1'],
  ],
  ['new-key-kind-unfit', 'keyType', ['EC', '']],
  ['new-key-kind-unfit', 'keySize', ['1024', '', '2048.5']],
])('a new key is not made: %s', (code, field, typed) => {
  for (const one of typed) expect([one, choose({ [field]: one })]).toMatchObject([one, { code }]);
});

/** What is typed wrongly, and what is answered: test/golden/transcripts/help.md and lists.md. */
const enableCmk = requestCommand(enabling);

it.each<[RoleStatus, string]>([
  ['no', 'not-a-requester'],
  ['unknown', 'cannot-check-membership'],
  ['none-configured', 'no-requesters-configured'],
])('/enable-cmk looks into nothing for a person whose roleStatus is %s', async (value, code) => {
  const { ports, roleStatus, azure } = commandWorld();
  roleStatus.value = value;
  azure.refuse('inventory.resources', failure());
  expect(await enableCmk.handle(call({ resource: 'bot-care' }), ports)).toMatchObject({ code });
});

const now = new Date('2030-03-02T12:00:00Z');
const lasting = (created: string, expires: string | null) => kindAfter(key({ created, expires }), now)?.expires;

it('a new version of a key lasts as long as the one before', () => {
  expect(lasting('2028-03-02T00:00:00.000Z', '2030-03-02T00:00:00.000Z')).toBe('2032-03-01T00:00:00.000Z');
  expect(lasting('2028-03-02T00:00:00.000Z', null)).toBeNull();
});

test.each([
  ['kv-hospita1-keys', 'kv-hospital-keys', true],
  ['kv-care-prod', 'kv-care-prcd', true],
  ['kv-care-prod', 'kv-careprod', true],
  ['kv-c0re-data', 'kv-core-data', true],
  ['kv-rnedical', 'kv-medical', true],
  ['kv-care-prod', 'kv-care-prod', false],
  ['kv-care-prod', 'kv-care-test', false],
])('%s is easily taken for %s: %s', (one, other, expected) => {
  expect([areNamesSimilar(one, other), areNamesSimilar(other, one)]).toEqual([expected, expected]);
});

describe('the keys of other agents', () => {
  const change = { to: { keyName: KeyName.parse('cmk-triage') } } as Parameters<typeof othersFor>[3];
  const chosen = vault({ name: 'kv-care-prod', uri: 'https://kv-care-prod.vault.azure.net/' });
  const read = async (keys: readonly CustomerKey[] | null) => {
    const azure = scriptedAzure();
    const resources = (keys ?? []).map((customerKey, n) =>
      keyed({ id: resourceId(`a-${n}`), name: `a-${n}`, customerKey }),
    );
    const own = keyed({ id: resourceId(), name: 'bot-care', customerKey: under(version('a')) });
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

const half = expect.objectContaining({ kind: 'refused', code: 'start-half-chosen' });
it.each<[string, string, string, unknown]>([
  ['2026-11-29', '02:00', 'UTC', '2026-11-29T02:00:00.000Z'],
  ['2026-11-29', '02:00', 'Europe/Berlin', '2026-11-29T01:00:00.000Z'],
  ['2026-06-28', '02:00', 'Europe/Berlin', '2026-06-28T00:00:00.000Z'],
  ['2026-11-29', '02:00', 'Asia/Kolkata', '2026-11-28T20:30:00.000Z'],
  // The clock skips it, as summer time begins: the next there is.
  ['2027-03-28', '02:30', 'Europe/Berlin', expect.stringMatching(/^2027-03-28T0[01]:30:00/)],
  ['', '', '', null],
  ['2026-11-29', '', 'UTC', half],
  ['', '02:00', 'UTC', half],
  ['2026-99-99', '02:00', 'UTC', half],
  ['2026-11-29', '99:99', 'UTC', half],
])('a start that was chosen on a card %s %s in %s is read', (startDay, startTime, zone, expected) =>
  expect(parseStartTime({ startDay, startTime, zone })).toEqual(expected),
);
