// Registry for the image of the bot. It accepts no passwords.
import { Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('Name of the identity of the bot.')
param botName string
@description('Object id of the identity of the bot.')
param botPrincipalId string
@description('Workspace for its logs.')
param workspaceId string

// Azure's own id ("Azure built-in roles").
var acrPull = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: 'cr${place.token}'
  location: place.location
  tags: place.tags
  sku: {
    name: 'Basic'
  }
  properties: {
    adminUserEnabled: false
  }
}

resource botPulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, botName, acrPull)
  properties: {
    roleDefinitionId: acrPull
    principalId: botPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: registry
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'ContainerRegistryLoginEvents'
        enabled: true
      }
      {
        category: 'ContainerRegistryRepositoryEvents'
        enabled: true
      }
    ]
  }
}

@description('Name of the registry.')
output name string = registry.name
@description('Host name of the registry.')
output server string = registry.properties.loginServer
