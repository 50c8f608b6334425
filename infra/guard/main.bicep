// Azure Policy definitions that refuse the way around the bot, and their assignments in one subscription.
// An administrator deploys them: az deployment sub create --subscription ID --location REGION --template-file infra/guard/main.bicep --parameters FILE
// Microsoft names the aliases: Azure/azure-policy, definitions 4d080fa5-a6d2-4f98-ba9c-f482d0d335c0 (agents' keyVaultUri) and
// 6fac406b-40ca-413b-bf8e-0bf964659c25 (accounts' keySource); its page "Create a custom policy definition" (accounts' keyvaulturi).
targetScope = 'subscription'

@description('Deny refuses changes, Audit only reports them. Deleting is refused with Deny, and not reported with Audit.')
@allowed(['Audit', 'Deny'])
param effect string = 'Audit'
@description('Resource ids of the agents that have a customer-managed key.')
param agents string[]
@description('Resource ids of the storage accounts that have a customer-managed key.')
param storageAccounts string[] = []
@description('Resource ids of the key vaults that hold their keys.')
param vaults string[]
@description('Names of all key vaults that the key of an agent or a listed storage account can lie in.')
@minLength(1)
param permittedVaultNames string[]
@description('Resource ids that none of this applies to. An exemption for a limited time is better: az policy exemption create.')
param excluded string[] = []

var vaultUris = map(permittedVaultNames, name => 'https://${name}${environment().suffixes.keyvaultDns}')
var guards = [
  {
    file: loadJsonContent('deny-strip.json')
    parameters: { effect: { value: effect }, agents: { value: agents }, storageAccounts: { value: storageAccounts } }
  }
  {
    file: loadJsonContent('deny-foreign-vault.json')
    parameters: {
      effect: { value: effect }
      vaultUris: { value: flatten(map(vaultUris, uri => [uri, '${uri}/', '${uri}:443', '${uri}:443/'])) }
      storageAccounts: { value: storageAccounts }
    }
  }
  {
    file: loadJsonContent('deny-delete.json')
    parameters: {
      effect: { value: effect == 'Deny' ? 'DenyAction' : 'Disabled' }
      resources: { value: concat(agents, storageAccounts, vaults) }
    }
  }
]

resource definitions 'Microsoft.Authorization/policyDefinitions@2025-03-01' = [for guard in guards: {
  name: guard.file.name
  properties: {
    policyType: 'Custom'
    displayName: guard.file.properties.displayName
    description: guard.file.properties.description
    mode: guard.file.properties.mode
    metadata: guard.file.properties.metadata
    parameters: guard.file.properties.parameters
    policyRule: guard.file.properties.policyRule
  }
}]

resource assignments 'Microsoft.Authorization/policyAssignments@2025-03-01' = [for (guard, i) in guards: {
  name: guard.file.name
  properties: {
    displayName: guard.file.properties.displayName
    description: guard.file.properties.description
    policyDefinitionId: definitions[i].id
    parameters: guard.parameters
    notScopes: excluded
    nonComplianceMessages: [
      { message: 'Changes of customer-managed keys go through the bot: type /enable-cmk or /rotate-cmk in its channel.' }
    ]
  }
}]

@description('Resource ids of the assignments.')
output assignmentIds string[] = [for (guard, i) in guards: assignments[i].id]
