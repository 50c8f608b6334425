/**
 * Every right of the bot's identity at Azure, and what it is for. `infra/custom-role.json` and `infra/custom-role-grants.json`
 * give exactly these; a test compares them with what is really exercised. Names are those of Azure's list of provider
 * operations.
 */

/** What is looked at, on every resource a request is about. */
const guardReads = ['Microsoft.Authorization/locks/read', 'Microsoft.Authorization/permissions/read'];

/** Naming an agent's user-assigned identities in a write needs a right on each of them. */
export const assignIdentity = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';

/** Actions by what they are needed on. */
export const actionsOn = {
  subscription: [
    // When an agent was created, where the agent itself does not tell.
    'Microsoft.Resources/subscriptions/resources/read',
  ],
  resource: ['Microsoft.HealthBot/healthBots/read', 'Microsoft.HealthBot/healthBots/write', ...guardReads],
  identity: [assignIdentity, 'Microsoft.Authorization/permissions/read'],
  vault: [
    'Microsoft.KeyVault/vaults/read',
    'Microsoft.KeyVault/vaults/write',
    'Microsoft.KeyVault/vaults/keys/read',
    'Microsoft.KeyVault/vaults/keys/write',
    'Microsoft.KeyVault/vaults/accessPolicies/write',
    'Microsoft.Authorization/roleAssignments/read',
    'Microsoft.Authorization/roleAssignments/write',
    ...guardReads,
  ],
} as const;

/**
 * Data actions on vaults that grant by role: trying the key, and looking whether a deleted key holds a name. Optional: without
 * them both are told as not checked.
 */
export const dataActionsOnVault = [
  'Microsoft.KeyVault/vaults/keys/read',
  'Microsoft.KeyVault/vaults/keys/wrap/action',
  'Microsoft.KeyVault/vaults/keys/unwrap/action',
] as const;

/** The actions of each change a plan can make, by the property it changes, with what has to be read beside it. */
const actionsFor: Readonly<Record<string, readonly string[]>> = {
  'identity.systemAssigned': ['Microsoft.HealthBot/healthBots/write'],
  keyVaultProperties: ['Microsoft.HealthBot/healthBots/write'],
  key: ['Microsoft.KeyVault/vaults/keys/write'],
  // Read only once the agent has an identity: without the right the run would stop after its first change.
  'role-assignment': ['Microsoft.Authorization/roleAssignments/read', 'Microsoft.Authorization/roleAssignments/write'],
  'access-policy': ['Microsoft.KeyVault/vaults/accessPolicies/write'],
  softDelete: ['Microsoft.KeyVault/vaults/write'],
  purgeProtection: ['Microsoft.KeyVault/vaults/write'],
};

/** What a plan with these changes needs, for an agent with or without user-assigned identities. */
export function actionsForChanges(
  changes: readonly { readonly property: string }[],
  userAssigned: boolean,
): readonly string[] {
  const properties = changes.map(({ property }) => property);
  const identity = userAssigned && properties.includes('identity.systemAssigned') ? [assignIdentity] : [];
  return [...new Set([...properties.flatMap((property) => actionsFor[property] ?? []), ...identity])];
}

/** Every action that a plan may need at an agent, and at a vault with its keys. */
export const resourceActions: readonly string[] = ['Microsoft.HealthBot/healthBots/write'];
export const vaultActions: readonly string[] = [...new Set(Object.values(actionsFor).flat())].filter(
  (action) => !resourceActions.includes(action),
);
