import { ArmId, KeyName } from '../../../src/domain/ids.ts';
import type { KeyImpact } from '../../../src/domain/key-impact.ts';
import { ownSubscription } from '../../../src/domain/policy/rules.ts';
import { impactSections, impactSummary, impactTitle } from '../../../src/text/key-impact.ts';
import { permittedWords } from '../../../src/text/keys.ts';

const providers = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care/providers';
const impact: KeyImpact = {
  vault: { id: ArmId.parse(`${providers}/Microsoft.KeyVault/vaults/kv-care`), name: 'kv-care' },
  keyName: KeyName.parse('cmk-care'),
  users: [
    {
      id: `${providers}/Microsoft.Storage/storageAccounts/stcare`,
      name: 'stcare',
      noun: 'storage account',
      keyName: 'cmk-care',
      keyVersion: null,
      identities: ['a'],
    },
  ],
  holders: [
    { id: 'b', type: 'group', name: 'Key custodians', members: 2, apps: ['a'] },
    { id: 'c', type: 'bot', name: null, members: null },
  ],
  unread: [],
  hidden: [{ subscriptionId: 's', nouns: ['SQL server'] }],
  observed: { outcome: 'not-configured' },
};
const call = {
  keyName: 'cmk-care',
  keyVersion: '0123456789abcdef0123456789abcdef',
  first: '2026-03-01T12:00:00.000Z',
  last: '2026-03-02T12:00:00.000Z',
  type: 'app',
  name: null,
  members: null,
} as const;

test('says what a key is used by, the differences, and what can’t be read', () => {
  expect(impactTitle(impact)).toBe('cmk-care in kv-care');
  expect(impactSummary(impact)).toBe(
    '1 resource declares this key. Not everything could be read. Keys of objects inside a service, and uses from other tenants, aren’t listed.',
  );
  expect(impactSections(impact).map(({ title, rows }) => [title, ...rows.map((row) => row.name)])).toEqual([
    ['Differences', 'stcare, storage account', 'Key custodians, a group of 2 people and 1 app'],
    ['Declared by resources', 'stcare, storage account'],
    ['Have permission', 'Key custodians, a group of 2 people and 1 app', 'This bot'],
    ['Not read', '1 resource type in subscription s', 'Who used the key, by the vault’s log'],
  ]);
});

test('says who used the key, whom nothing declares, and who was refused', () => {
  const used: KeyImpact = {
    ...impact,
    holders: null,
    observed: {
      outcome: 'read',
      first: '2026-02-01T12:00:00.000Z',
      last: '2026-03-02T12:00:00.000Z',
      users: [
        { ...call, principalId: 'a', resourceId: impact.users[0]?.id.toLowerCase() ?? null, refused: true },
        { ...call, principalId: 'e', resourceId: null, refused: false },
      ],
    },
  };
  const [differences, , observed] = impactSections(used);
  expect(differences?.rows).toEqual([
    {
      mark: 'alarm',
      name: 'App e',
      detail:
        'Used the key, but no listed resource with this identity declares it. Key cmk-care, version 01234567; last on 2026-03-02 12:00 UTC.',
    },
  ]);
  expect(observed?.rows[0]).toEqual({
    mark: 'warn',
    name: 'stcare, identity a',
    detail: 'Refused: key cmk-care, version 01234567; last on 2026-03-02 12:00 UTC.',
  });
  expect(impactSummary(used)).toContain('The log was read from 2026-02-01 12:00 UTC to 2026-03-02 12:00 UTC.');
});

test('a part without rows isn’t shown', () => {
  const observed = { outcome: 'read', first: call.first, last: call.last, users: [] } as const;
  const none: KeyImpact = { ...impact, keyName: null, users: [], holders: [], hidden: [], observed };
  expect(impactSections(none)).toEqual([]);
  expect(impactSummary(none)).toContain('0 resources declare a key of this vault. Keys of objects');
});

it.each([
  [ownSubscription, 'those in the agent’s own subscription'],
  [[{ names: ['kv-a', 'kv-b'] }], 'those named kv-a or kv-b in the agent’s own subscription'],
  [
    [
      { subscriptions: ['4000'], resourceGroups: ['rg-keys'] },
      { subscriptions: ['*'], names: ['*'] },
    ],
    'those of group rg-keys in subscription 4000; those in every subscription',
  ],
])('%j: %s', (permits, words) => expect(permittedWords(permits)).toBe(words));
