import { seedRoleDefinitions } from '../../../sandbox/azure/state/seed.ts';
import { powersOfPolicy, powersOfRole } from '../../../src/azure/control.ts';

const none = { actions: [], notActions: [], dataActions: [], notDataActions: [] };
const role = (
  change: Partial<Record<keyof typeof none, string[]>>,
  access: 'role-assignments' | 'access-policies' = 'role-assignments',
) => powersOfRole([{ ...none, ...change }], access);
const keys = 'Microsoft.KeyVault/vaults/keys';

it.each([
  ['Owner', ['delete', 'purge', 'give-access'], ['delete', 'purge', 'give-access']],
  ['Reader', [], []],
  ['Key Vault Administrator', ['copy', 'change', 'delete', 'purge'], []],
  ['Key Vault Crypto Officer', ['copy', 'change', 'delete', 'purge'], []],
  ['Key Vault Crypto Service Encryption User', [], []],
  // Purging deleted vaults is taken out of it.
  ['Key Vault Contributor', ['delete', 'give-access'], ['delete', 'give-access']],
  ['CMK bot', ['change', 'give-access'], ['give-access']],
])(
  'what Azure’s own roles let somebody do to a key %s: %j, and %j where the vault grants by access policy',
  (name, byRole, byPolicy) => {
    const permissions = seedRoleDefinitions().find(({ roleName }) => roleName === name)?.permissions ?? [];
    expect(permissions).not.toEqual([]);
    expect(powersOfRole(permissions, 'role-assignments')).toEqual(byRole);
    expect(powersOfRole(permissions, 'access-policies')).toEqual(byPolicy);
  },
);

describe('a role of one’s own', () => {
  it('counts whichever action is enough, by name or by wildcard, in any case', () => {
    expect(role({ dataActions: [`${keys}/backup/action`] })).toEqual(['copy']);
    expect(role({ dataActions: ['microsoft.keyvault/VAULTS/keys/*/action'] })).toEqual(['copy', 'change', 'purge']);
    expect(role({ actions: ['Microsoft.Resources/subscriptions/resourceGroups/*'] })).toEqual(['delete']);
    expect(role({ actions: ['Microsoft.Authorization/*/write'] })).toEqual(['give-access']);
    expect(role({ actions: ['*/delete'] })).toEqual(['delete']);
  });

  it('counts a star between two slashes as nothing too, and by both readings where it takes out', () => {
    expect(role({ actions: ['Microsoft.KeyVault/vaults/*/write'] })).toEqual(['give-access']);
    expect(
      role({ actions: ['Microsoft.KeyVault/vaults/write'], notActions: ['Microsoft.KeyVault/vaults/*/write'] }),
    ).toEqual(['give-access']);
  });

  it.each([
    'Microsoft.Authorization/elevateAccess/action',
    'Microsoft.Authorization/roleAssignmentScheduleRequests/write',
    'Microsoft.Authorization/roleEligibilityScheduleRequests/write',
    'Microsoft.Authorization/roleManagementPolicies/write',
  ])('counts %s as a way to give access', (name) => expect(role({ actions: [name] })).toEqual(['give-access']));

  it('does not count what it takes out again', () => {
    expect(
      role({ dataActions: [`${keys}/*`], notDataActions: [`${keys}/backup/action`, `${keys}/release/*`] }),
    ).toEqual(['change', 'delete', 'purge']);
    expect(
      role({ actions: ['*'], notActions: ['Microsoft.KeyVault/*', 'Microsoft.Authorization/*', '*/delete'] }),
    ).toEqual([]);
  });

  it('counts what one part of it takes out where another part gives it', () => {
    const parts = [
      { ...none, dataActions: [`${keys}/*`], notDataActions: [`${keys}/delete`] },
      { ...none, dataActions: [`${keys}/delete`] },
    ];
    expect(powersOfRole(parts, 'role-assignments')).toContain('delete');
  });

  it('of data actions nothing is heeded in a vault that grants by access policy, whose policies are then what counts', () => {
    expect(role({ dataActions: [`${keys}/*`] }, 'access-policies')).toEqual([]);
    expect(role({ actions: ['Microsoft.KeyVault/vaults/accessPolicies/write'] }, 'access-policies')).toEqual([
      'give-access',
    ]);
    expect(role({ actions: ['Microsoft.KeyVault/vaults/accessPolicies/write'] })).toEqual([]);
  });
});

it.each([
  [['get', 'wrapKey', 'unwrapKey'], []],
  [['Get', 'List', 'Backup'], ['copy']],
  [['release'], ['copy']],
  [['update', 'import'], ['change']],
  [
    ['delete', 'purge'],
    ['delete', 'purge'],
  ],
  [['all'], ['copy', 'change', 'delete', 'purge']],
  [[], []],
])('what an access policy lets somebody do to a key %j: %j', (permissions, wanted) =>
  expect(powersOfPolicy(permissions)).toEqual(wanted),
);
