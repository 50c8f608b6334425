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
    retentionInDays: days
    workspaceCapping: {
      // Limits the cost of a flood. Azure drops what exceeds it in a day, and the workspace shows a warning.
      dailyQuotaGb: 1
    }
  }
}

@description('ARM id of the workspace.')
output workspaceId string = workspace.id
@description('Id that queries use.')
output customerId string = workspace.properties.customerId
