// Registration of the bot with Teams. It has no secret: the bot is its managed identity.
import { Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('ARM id of the identity of the bot.')
param identityId string
@description('Client id of the identity of the bot.')
param clientId string
@description('Address to which Teams sends.')
param endpoint string
@description('Workspace for its logs.')
param workspaceId string

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  name: 'bot-${place.token}'
  location: 'global'
  tags: place.tags
  kind: 'azurebot'
  sku: {
    // Free for Teams.
    name: 'F0'
  }
  properties: {
    // The name in manifest/manifest.json.
    displayName: 'CMK bot'
    endpoint: endpoint
    msaAppId: clientId
    msaAppType: 'UserAssignedMSI'
    msaAppMSIResourceId: identityId
    // The rule takes it for a resource id.
    #disable-next-line use-resource-id-functions
    msaAppTenantId: tenant().tenantId
  }
}

resource teams 'Microsoft.BotService/botServices/channels@2022-09-15' = {
  parent: bot
  name: 'MsTeamsChannel'
  location: 'global'
  properties: {
    channelName: 'MsTeamsChannel'
    properties: {
      isEnabled: true
    }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: bot
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'BotRequest'
        enabled: true
      }
    ]
  }
}
