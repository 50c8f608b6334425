import { allowedBy, maybeAllowedBy } from '../../../src/azure/permissions.ts';

const none = { actions: [], notActions: [], dataActions: [], notDataActions: [] };
const assign = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';

describe('a star between two slashes of an action', () => {
  // What Azure's Managed Identity Operator and Key Vault Reader have (built-in roles, 2026-08-22).
  it.each([
    ['Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action', assign],
    ['Microsoft.KeyVault/vaults/*/read', 'Microsoft.KeyVault/vaults/read'],
    ['Microsoft.KeyVault/vaults/*/read', 'Microsoft.KeyVault/vaults/keys/versions/read'],
    ['microsoft.keyvault/VAULTS/*/READ', 'Microsoft.KeyVault/vaults/keys/read'],
  ])('stands for something or nothing: %s gives %s', (pattern, name) => {
    expect(allowedBy([{ ...none, actions: [pattern] }]).action(name)).toBe(true);
    expect(allowedBy([{ ...none, dataActions: [pattern] }]).dataAction(name)).toBe(true);
  });

  it('gives nothing else', () => {
    const may = allowedBy([{ ...none, actions: ['Microsoft.KeyVault/vaults/*/read'] }]);
    for (const name of ['Microsoft.KeyVault/vaultsread', 'Microsoft.KeyVault/read', 'Microsoft.KeyVault/vaults/write'])
      expect(may.action(name)).toBe(false);
  });

  it('takes away the same of the bot, and of others only what it takes as it is written', () => {
    const role = [{ ...none, actions: ['*'], notActions: ['Microsoft.KeyVault/vaults/*/write'] }];
    expect(allowedBy(role).action('Microsoft.KeyVault/vaults/write')).toBe(false);
    expect(maybeAllowedBy(role).action('Microsoft.KeyVault/vaults/write')).toBe(true);
    expect(maybeAllowedBy(role).action('Microsoft.KeyVault/vaults/keys/write')).toBe(false);
  });
});
