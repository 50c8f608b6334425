// The bot's two roles in one subscription that it may act in, the second under the condition that leaves one role to give.
targetScope = 'subscription'

param principalId string
param roleName string
param grantsRoleName string

resource acts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, roleName)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleName)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource grants 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, grantsRoleName)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grantsRoleName)
    principalId: principalId
    principalType: 'ServicePrincipal'
    condition: loadTextContent('../grant-condition.txt')
    conditionVersion: '2.0'
  }
}
