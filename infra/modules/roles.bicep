// The two custom roles, made of the files that say what the bot may do: nothing is written here a second time.
// A role's name is one of its tenant's. Where there are these two already, infra/grant-azure.sh widens them instead.
targetScope = 'subscription'

param subscriptionIds array

var role = loadJsonContent('../custom-role.json')
var grantsRole = loadJsonContent('../custom-role-grants.json')
var scopes = [for id in subscriptionIds: '/subscriptions/${id}']

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
    assignableScopes: scopes
  }
}

resource grantsDefinition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(tenant().tenantId, grantsRole.Name)
  properties: {
    roleName: grantsRole.Name
    description: grantsRole.Description
    type: 'CustomRole'
    permissions: [
      {
        actions: grantsRole.Actions
        notActions: grantsRole.NotActions
        dataActions: grantsRole.DataActions
        notDataActions: grantsRole.NotDataActions
      }
    ]
    assignableScopes: scopes
  }
}

output roleName string = definition.name
output grantsRoleName string = grantsDefinition.name
