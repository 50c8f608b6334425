// Vault for the seal key and the log signing key. Each identity that can read them can forge events. The hook after provisioning
// creates both.
import { Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('Name of the identity of the bot.')
param botName string
@description('Object id of the identity of the bot.')
param botPrincipalId string
@description('Subnet of the private endpoint.')
param subnetId string
@description('Network of the bot.')
param networkId string
@description('Workspace for its audit log.')
param workspaceId string

// Azure's own id ("Azure built-in roles").
var secretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: 'kv-${place.token}'
  location: place.location
  tags: place.tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: 'Deny'
      ipRules: []
      virtualNetworkRules: []
    }
  }
}

// Key Vault Secrets User: gets and lists secrets. The vault holds no others than those of the bot.
resource botReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, botName, secretsUser)
  properties: {
    roleDefinitionId: secretsUser
    principalId: botPrincipalId
    principalType: 'ServicePrincipal'
  }
}

module endpoint 'private-endpoint.bicep' = {
  params: {
    place: place
    name: 'pe-${vault.name}'
    resourceId: vault.id
    groupId: 'vault'
    zoneName: 'privatelink.vaultcore.azure.net'
    subnetId: subnetId
    networkId: networkId
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

@description('Name of the vault.')
output name string = vault.name
@description('Address of the vault, with a slash at its end.')
output uri string = vault.properties.vaultUri
