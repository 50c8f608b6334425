// The bot can query one table of the workspace: the audit logs of vaults, which show that an agent uses its key.
@description('Name of the workspace.')
param workspaceName string
@description('Id of the role.')
param roleId string
@description('Name of the identity of the bot.')
param botName string
@description('Object id of the identity of the bot.')
param botPrincipalId string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: workspace
  name: guid(workspace.id, botName, 'logs')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
    principalId: botPrincipalId
    principalType: 'ServicePrincipal'
  }
}
