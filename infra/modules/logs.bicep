// What the bot prints, and what the vault, the database and the container of the published log say that was done to them.
param token string
param location string
param tags object

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-${token}'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    // 30 days cost nothing beside what comes in; the trail itself is kept elsewhere.
    retentionInDays: 30
    workspaceCapping: {
      // A flood must not cost a fortune. What comes beyond it in a day is lost, and the workspace says so.
      dailyQuotaGb: 1
    }
  }
}

output workspaceId string = workspace.id
output customerId string = workspace.properties.customerId
output name string = workspace.name
