// The bot may query one table of the workspace: the audit logs of vaults, by which an agent is seen using its key. The role is made
// of the file that says so; its name is one of its tenant's, like those of the other two.
param workspaceName string
param botPrincipalId string

var role = loadJsonContent('../custom-role-logs.json')

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(tenant().tenantId, role.Name)
  properties: {
    roleName: role.Name
    description: role.Description
    type: 'CustomRole'
    permissions: [
      {
        actions: role.Actions
        notActions: role.NotActions
        dataActions: role.DataActions
        notDataActions: role.NotDataActions
      }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: workspace
  name: guid(workspaceName, botPrincipalId, role.Name)
  properties: {
    roleDefinitionId: definition.id
    principalId: botPrincipalId
    principalType: 'ServicePrincipal'
  }
}
