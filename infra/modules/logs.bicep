// Workspace for the application log, and for the logs of the vault, the database, the storage account, the registry and the bot.
import { Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('Name of the workspace.')
param name string
@description('Days for which logs are kept.')
param days int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: name
  location: place.location
  tags: place.tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    // No daily cap: Azure drops the lines above it, and the vaults' log here proves whether a key version is still used.
    retentionInDays: days
  }
}

@description('ARM id of the workspace.')
output workspaceId string = workspace.id
@description('Id that queries use.')
output customerId string = workspace.properties.customerId
