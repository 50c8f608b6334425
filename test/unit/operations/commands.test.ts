import { done } from '../../../src/domain/failure.ts';
import { KeyName, RequestId } from '../../../src/domain/ids.ts';
import type { CustomerKey } from '../../../src/domain/observed.ts';
import { blocksOf, warningsOf } from '../../../src/domain/plan.ts';
import type { RoleStatus } from '../../../src/domain/policy/policy.ts';
import type { ResourceKey, ResourceSummary } from '../../../src/domain/ports/inventory.ts';
import { refuseOnFailure } from '../../../src/domain/request/refusal.ts';
import type { Drift } from '../../../src/domain/watch/resource-watch.ts';
import { type DriftState, unknownCause } from '../../../src/domain/watch/state.ts';
import {
  areNamesSimilar,
  chooseKey,
  chooseNewKey,
  chooseResource,
  chooseVault,
  closestName,
  type NewKeyInputs,
} from '../../../src/operations/choose.ts';
import { requestCommand } from '../../../src/operations/commands/registry.ts';
import { enableCmk as enabling } from '../../../src/operations/enable-cmk/enable-cmk.ts';
import { countsOf, driftSummaries, judgeFleet, keyOf } from '../../../src/operations/fleet.ts';
import { parseStartTime, toStartInputs } from '../../../src/operations/form.ts';
import { observeOthers, othersFor } from '../../../src/operations/other-agents.ts';
import { operationOf, type StoredChangeSpec } from '../../../src/operations/registry.ts';
import { actionsOn, assignIdentity } from '../../../src/operations/resources/rights.ts';
import { kindAfter } from '../../../src/operations/rotate-cmk/rotate-cmk.ts';
import { checkWords } from '../../../src/text/checks.ts';
import { call, commandWorld } from '../../support/builders/command-world.ts';
import { failure } from '../../support/builders/commands.ts';
import { resourceId, vaultId } from '../../support/builders/fixtures.ts';
import {
  key,
  keyName,
  noon,
  planFor,
  principal,
  resource,
  spec,
  toNewVersion,
  under,
  vault,
  version,
  wishForNewKey,
  wishToRotate,
} from '../../support/builders/plans.ts';
import { scriptedAzure, type World } from '../../support/builders/scripted-azure.ts';

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
const elsewhere = resourceId().replace('40000000', '90000000');
const mistyped = resourceId('bot-cares');

it.each<[string, string, object]>([
  ...['bot-care', ' BOT-care ', resourceId(), resourceId().toUpperCase()].map((typed): [string, string, object] => [
    'agent',
    typed,
    { id: resourceId() },
  ]),
  ...['kv-care', 'KV-CARE ', vaultId.toUpperCase()].map((typed): [string, string, object] => [
    ...(['vault', typed, { id: vaultId }] as const),
  ]),
  ['agent', 'bot', refused(unknown, 'bot')],
  ['agent', elsewhere, { code: unknown }],
  // A long name isn't repeated in full.
  ['agent', 'x'.repeat(500), refused(unknown, 'x'.repeat(80))],
  // An ID is named by its end.
  ['agent', mistyped, nearBotCare],
  ['agent', mistyped.replace('HealthBot', 'HealthBots'), nearBotCare],
  ['agent', `${mistyped}/`, nearBotCare],
  ['vault', vaultId.replace('kv-care', 'kv-cares'), refused('unknown-vault', 'kv-cares')],
  ['key', 'other', { code: 'unknown-key' }],
  ['key', 'not a name', { code: 'unknown-key' }],
  ['key', '', { code: 'choice-missing' }],
])('an %s is chosen by what was typed, or isn’t: %j', async (what, typed, answer) => {
  expect(await choices[what]?.(typed)).toMatchObject(answer);
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
  ['agents', 'inventory.resources', chooseResource],
  ['vaults', 'inventory.vaults', chooseVault],
  ['keys', 'keys.get', (port: typeof azure) => chooseKey(port, vaultId, 'care')],
] as const)('says what Azure said when %s cannot be read', async (_what, read, choose) => {
  const dark = scriptedAzure();
  for (const [said, code] of [
    [{ next: 'wait', status: 429, code: 'Throttled', message: 'Too many requests.' }, 'azure-unreachable'],
    [{ status: 403, code: 'AuthorizationFailed', message: 'No.' }, 'azure-refused'],
    [{ status: 400, code: 'InvalidQuery', message: 'Query is invalid.' }, 'azure-cannot'],
  ] as const) {
    dark.refuse(read, failure(said));
    expect(await refuseOnFailure<unknown>(() => choose(dark, 'any'))).toMatchObject({
      code,
      failure: { code: said.code, message: said.message },
    });
  }
});

describe('a new key', () => {
  const choose = (change: Partial<NewKeyInputs>) =>
    chooseNewKey({ newKeyName: 'care-2026', keyType: 'RSA', keySize: '3072', keyExpiry: '', ...change }, noon);

  it('has the settings that stand on the card', () => {
    expect(choose({ newKeyName: ' care-2026 ', keyType: 'RSA-HSM', keySize: '4096', keyExpiry: '2027-01-01' })).toEqual(
      {
        kind: 'new',
        name: 'care-2026',
        key: { type: 'RSA-HSM', size: 4096, expires: '2027-01-01T00:00:00.000Z' },
      },
    );
  });

  it.each<[string, keyof NewKeyInputs, readonly string[]]>([
    ['new-key-name-unfit', 'newKeyName', ['', 'new', 'a b', 'a_b', 'a'.repeat(128)]],
    [
      'new-key-expiry-unfit',
      'keyExpiry',
      ['2026-03-02', '2020-01-01', 'tomorrow', '2027-13-01', '2027-02-31', '2027-1-1'],
    ],
    ['new-key-kind-unfit', 'keyType', ['EC', '']],
    ['new-key-kind-unfit', 'keySize', ['1024', '', '2048.5']],
  ])('is not made: %s', (code, field, typed) => {
    for (const one of typed) expect([one, choose({ [field]: one })]).toMatchObject([one, { code }]);
  });
});

/** What is typed wrongly, and what is answered: test/golden/transcripts/help.md and lists.md. */
const enableCmk = requestCommand(enabling);

describe('/enable-cmk', () => {
  it.each<[RoleStatus, string]>([
    ['no', 'not-a-requester'],
    ['unknown', 'cannot-check-membership'],
    ['none-configured', 'no-requesters-configured'],
  ])('looks into nothing for a person whose roleStatus is %s', async (value, code) => {
    const { ports, roleStatus, azure } = commandWorld();
    roleStatus.value = value;
    azure.refuse('inventory.resources', failure());
    expect(await enableCmk.handle(call({ resource: 'bot-care' }), ports)).toMatchObject({ code });
  });
});

const keyed = (digit: string, change: Partial<CustomerKey> = {}): CustomerKey => ({
  ...under(version(digit)),
  ...change,
});
function agent(name: string, customerKey: CustomerKey | null = null): ResourceKey {
  return { id: resourceId(name), name, customerKey };
}
const id = RequestId.parse('CMK-7F3K9Q');
const foundAt = '2026-03-01T00:00:00.000Z';
const driftOf = (...states: readonly DriftState[]): Drift => ({
  number: 1,
  openedAt: foundAt,
  closedAt: null,
  criticalFrom: 1,
  basis: { request: id, planDigest: '' },
  found: states.map((state) => ({ state, cause: unknownCause, by: null, foundAt })),
});
const inDays = (days: number): string => new Date(noon.getTime() + days * 86_400_000).toISOString();

it('the list of agents puts the most urgent first: what is stuck, what has ended, what ends soonest, what is asked, then the rest by name', () => {
  const resources = [
    agent('in-order', keyed('1')),
    agent('b-plain'),
    agent('a-plain'),
    agent('unknown', keyed('9')),
    agent('later', keyed('2')),
    agent('sooner', keyed('3')),
    agent('ended', keyed('4')),
    agent('asked'),
    agent('stuck', keyed('4')),
    agent('changed', keyed('1')),
    agent('changed-a-little', keyed('1')),
  ];
  const ends = new Map([
    [keyOf({ customerKey: keyed('1') }) ?? '', null],
    [keyOf({ customerKey: keyed('2') }) ?? '', inDays(60)],
    [keyOf({ customerKey: keyed('3') }) ?? '', inDays(1)],
    [keyOf({ customerKey: keyed('4') }) ?? '', inDays(-1)],
  ]);
  const held = new Map([
    [resourceId('asked').toLowerCase(), { id, waits: 'approval' as const }],
    [resourceId('stuck').toLowerCase(), { id, waits: 'attention' as const }],
  ]);
  const drifts = new Map([
    [resourceId('changed').toLowerCase(), driftOf({ code: 'key-disabled' }, { code: 'purge-protection-off' })],
    [resourceId('changed-a-little').toLowerCase(), driftOf({ code: 'purge-protection-off' })],
  ]);
  const fleet = judgeFleet(resources, { held, ends, drifts }, noon);
  expect(fleet.map(({ name, state }) => [name, state])).toEqual([
    ['stuck', 'needs-attention'],
    ['changed', 'not-as-approved'],
    ['ended', 'ended'],
    ['sooner', 'ends-soon'],
    ['later', 'ends-soon'],
    ['asked', 'request-open'],
    ['a-plain', 'microsofts-key'],
    ['b-plain', 'microsofts-key'],
    ['unknown', 'end-unknown'],
    ['changed-a-little', 'own-key'],
    ['in-order', 'own-key'],
  ]);
  expect(countsOf(fleet)).toMatchObject({ 'ends-soon': 2, 'microsofts-key': 2, 'own-key': 2 });
  expect(driftSummaries(drifts, fleet, () => true)).toEqual([
    { code: 'key-disabled', agents: ['changed'], since: foundAt },
    { code: 'purge-protection-off', agents: ['changed', 'changed-a-little'], since: foundAt },
  ]);
  expect(driftSummaries(drifts, [], ({ name }) => name.endsWith('little'))).toMatchObject([
    { agents: ['changed-a-little'] },
  ]);
});

/** A permission that the bot's roles lack: the review says which, before anything is changed. */

const userIdentity = resourceId().replace(/Microsoft.*/, 'Microsoft.ManagedIdentity/userAssignedIdentities/id-care');
const rotated: Partial<World> = {
  resource: resource({
    ...{ systemAssigned: true, principalId: principal, tenantId: vault().tenantId },
    customerKey: under(version('a')),
  }),
  keys: [key(), key({ version: version('b') })],
  granted: true,
};

async function checksWithout(right: string, wished: StoredChangeSpec, world: Partial<World>) {
  const azure = scriptedAzure({ ...world, forbidden: [right] });
  const seen = await operationOf(wished).observe(azure, wished, null);
  return planFor({ seen, wished });
}

const rows: [right: string, wished: StoredChangeSpec, world: Partial<World>][] = [
  ['Microsoft.HealthBot/healthBots/write', spec(), {}],
  [assignIdentity, spec(), { resource: resource({ userAssignedIds: [userIdentity] }) }],
  ['Microsoft.KeyVault/vaults/keys/write', wishForNewKey(), { keys: [] }],
  ['Microsoft.Authorization/roleAssignments/read', spec(), {}],
  ['Microsoft.Authorization/roleAssignments/write', spec(), {}],
  ['Microsoft.KeyVault/vaults/accessPolicies/write', spec(), { vault: vault({ access: 'access-policies' }) }],
  ['Microsoft.KeyVault/vaults/write', spec(), {}],
  ['Microsoft.KeyVault/vaults/keys/create/action', wishToRotate(toNewVersion), rotated],
  ['Microsoft.KeyVault/vaults/keys/read', wishToRotate(toNewVersion), rotated],
];

test.each(rows)('without %s the request is blocked', async (right, wished, world) => {
  const [block, ...more] = blocksOf(await checksWithout(right, wished, world));
  expect(more).toEqual([]);
  expect(block && Object.values(checkWords(block)).join(' ')).toContain(`Its identity lacks ${right}`);
});

test('every permission to write is one of them', () => {
  const writes = Object.values(actionsOn)
    .flat()
    .filter((one) => !one.endsWith('/read'));
  expect(rows.map(([right]) => right)).toEqual(expect.arrayContaining(writes));
});

test('where permissions can’t be read, a note says what could stop the run', async () => {
  const azure = scriptedAzure();
  azure.refuse('guards.allowed', failure({ status: 403, code: 'AuthorizationFailed' }), 9);
  const seen = await operationOf(spec()).observe(azure, spec(), null);
  const said = warningsOf(planFor({ seen })).map((one) => Object.values(checkWords(one)).join(' '));
  expect(said.join('\n')).toContain('A missing permission would stop the run.');
});

const now = new Date('2030-03-02T12:00:00Z');
const lasting = (created: string, expires: string | null) => kindAfter(key({ created, expires }), now)?.expires;

describe('a new version of a key', () => {
  it('lasts as long as the one before', () => {
    expect(lasting('2028-03-02T00:00:00.000Z', '2030-03-02T00:00:00.000Z')).toBe('2032-03-01T00:00:00.000Z');
    expect(lasting('2028-03-02T00:00:00.000Z', null)).toBeNull();
  });
});

test.each([
  ['kv-hospita1-keys', 'kv-hospital-keys', true],
  ['kv-care-prod', 'kv-care-prcd', true],
  ['kv-care-prod', 'kv-careprod', true],
  ['kv-c0re-data', 'kv-core-data', true],
  ['kv-rnedical', 'kv-medical', true],
  ['kv-care-prod', 'kv-care-prod', false],
  ['kv-care-prod', 'kv-care-test', false],
  ['kv-keys-01', 'kv-keys-02', false],
])('%s is easily taken for %s: %s', (one, other, expected) => {
  expect([areNamesSimilar(one, other), areNamesSimilar(other, one)]).toEqual([expected, expected]);
});

const names = ['triage-agent-prod', 'triage-agent-test', 'ward-agent'];
const long = 'a'.repeat(100_000);

it.each<[string, readonly string[], string | null]>([
  ['triage-agent-prdo', names, 'triage-agent-prod'],
  ['pharmacy', names, null],
  ['', names, null],
  // Compared, it would be found: it is the very same.
  [long, [long], null],
])('what was typed is taken for the closest of the names: %#', (typed, known, meant) =>
  expect(closestName(typed, known)).toBe(meant),
);

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

describe('a start that was chosen on a card', () => {
  const half = expect.objectContaining({ kind: 'refused', code: 'start-half-chosen' });
  it.each<[string, string, string, unknown]>([
    ['2026-11-29', '02:00', 'UTC', '2026-11-29T02:00:00.000Z'],
    ['2026-11-29', '02:00', 'Europe/Berlin', '2026-11-29T01:00:00.000Z'],
    ['2026-06-28', '02:00', 'Europe/Berlin', '2026-06-28T00:00:00.000Z'],
    ['2026-11-29', '02:00', 'America/Los_Angeles', '2026-11-29T10:00:00.000Z'],
    ['2026-11-29', '02:00', 'Asia/Kolkata', '2026-11-28T20:30:00.000Z'],
    ['2026-11-29', '02:00', 'Nowhere/Town', '2026-11-29T02:00:00.000Z'],
    ['2026-11-29', '02:00', '', '2026-11-29T02:00:00.000Z'],
    // The clock skips it, as summer time begins: the next there is.
    ['2027-03-28', '02:30', 'Europe/Berlin', expect.stringMatching(/^2027-03-28T0[01]:30:00/)],
    ['', '', '', null],
    ['2026-11-29', '', 'UTC', half],
    ['', '02:00', 'UTC', half],
    ['29.11.2026', '02:00', 'UTC', half],
    ['2026-11-29', '2 am', 'UTC', half],
    ['2026-99-99', '02:00', 'UTC', half],
    ['2026-11-29', '99:99', 'UTC', half],
  ])('%s %s in %s is read', (startDay, startTime, zone, expected) =>
    expect(parseStartTime({ startDay, startTime, zone })).toEqual(expected),
  );
});

describe('a start that a form shows', () => {
  it.each([
    [null, 'UTC', { startDay: '', startTime: '' }],
    ['2026-12-31T23:30:00.000Z', 'Europe/Berlin', { startDay: '2027-01-01', startTime: '00:30' }],
    ['2028-02-28T20:00:00.000Z', 'Asia/Kolkata', { startDay: '2028-02-29', startTime: '01:30' }],
    ['2026-11-29T00:00:00.000Z', 'Nowhere/Town', { startDay: '2026-11-29', startTime: '00:00' }],
  ])('%s in %s is %o', (notBefore, zone, expected) => expect(toStartInputs(notBefore, zone)).toEqual(expected));
});
