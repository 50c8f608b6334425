/**
 * Names from Microsoft's list of provider operations. Only those that the simulator, the product, its roles and its documents
 * use. Source of names: `azure_permissions_cat.yaml` of peass-ng/Blue-CloudPEASS (2025-12-24, taken from Azure). Source of data
 * actions: `Get-AzProviderOperation` in awsles/AzureServices (2023-08-12) and Azure's built-in roles (2026-08-22). Azure
 * compares them without case, and spells them as here.
 */

const namesIn = (operations: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(operations).flatMap(([type, verbs]) => verbs.split(' ').map((verb) => `${type}/${verb}`));

/** Actions that Azure Resource Manager checks. */
export const listedActions = namesIn({
  'Microsoft.Authorization/acquirePolicyToken': 'read',
  'Microsoft.Authorization/denyAssignments': 'delete read write',
  'Microsoft.Authorization': 'elevateAccess/action',
  'Microsoft.Authorization/locks': 'delete read write',
  'Microsoft.Authorization/permissions': 'read',
  'Microsoft.Authorization/policyAssignments': 'delete read write',
  'Microsoft.Authorization/policyDefinitions': 'delete read write',
  'Microsoft.Authorization/policyExemptions': 'delete read write',
  'Microsoft.Authorization/roleAssignments': 'delete read write',
  'Microsoft.Authorization/roleAssignmentScheduleRequests': 'write',
  'Microsoft.Authorization/roleDefinitions': 'delete read write',
  'Microsoft.Authorization/roleEligibilityScheduleRequests': 'write',
  'Microsoft.Authorization/roleManagementPolicies': 'write',
  'Microsoft.BotService/botServices/channels': 'read write',
  'Microsoft.BotService/botServices': 'read write',
  'Microsoft.EventGrid/eventSubscriptions': 'delete read write',
  'Microsoft.HealthBot/healthBots': 'Delete Read Write',
  'Microsoft.Insights/eventtypes/values': 'Read',
  'Microsoft.KeyVault/checkNameAvailability': 'read',
  'Microsoft.KeyVault/deletedManagedHsms': 'read',
  'Microsoft.KeyVault/deletedVaults': 'read',
  'Microsoft.KeyVault/locations/deletedVaults': 'purge/action read',
  'Microsoft.KeyVault/locations/operationResults': 'read',
  'Microsoft.KeyVault/managedHSMs': 'read',
  'Microsoft.KeyVault/operations': 'read',
  'Microsoft.KeyVault': 'register/action',
  'Microsoft.KeyVault/vaults/accessPolicies': 'write',
  'Microsoft.KeyVault/vaults': 'delete read write',
  'Microsoft.KeyVault/vaults/keys': 'read write',
  'Microsoft.KeyVault/vaults/keys/versions': 'read',
  'Microsoft.ManagedIdentity/userAssignedIdentities': 'assign/action',
  'Microsoft.OperationalInsights/workspaces/query/AZKVAuditLogs': 'read',
  'Microsoft.OperationalInsights/workspaces/query': 'read',
  'Microsoft.OperationalInsights/workspaces': 'read',
  'Microsoft.Resources/deploymentStacks': 'manageDenySetting/action',
  'Microsoft.Resources/subscriptions/locations': 'read',
  'Microsoft.Resources/subscriptions/providers': 'read',
  'Microsoft.Resources/subscriptions': 'read',
  'Microsoft.Resources/subscriptions/resourceGroups': 'delete read',
  'Microsoft.Resources/subscriptions/resourcegroups/resources': 'read',
  'Microsoft.Resources/subscriptions/resources': 'read',
  'Microsoft.Storage/storageAccounts': 'delete read write',
});

/** Data actions that services check at their own addresses. A name in both lists means two permissions. */
export const listedDataActions = namesIn({
  'Microsoft.KeyVault/vaults/keyrotationpolicies': 'read write',
  'Microsoft.KeyVault/vaults/keys':
    'backup/action create/action decrypt/action delete encrypt/action import/action purge/action read recover/action release/action restore/action rotate/action sign/action unwrap/action update/action verify/action wrap/action',
  'Microsoft.KeyVault/vaults/secrets': 'getSecret/action setSecret/action',
  'Microsoft.Storage/storageAccounts/blobServices/containers/blobs': 'read write',
});
