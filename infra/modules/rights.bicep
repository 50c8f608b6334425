// The roles of the bot in one subscription, the second under the condition that leaves one role to assign.
targetScope = 'subscription'

@description('Object id of the identity of the bot.')
param principalId string
@description('Id of the role with which it acts.')
param roleId string
@description('Id of the role with which it assigns key access.')
param grantsRoleId string
@description('Id of the role for storage accounts. Empty: they are off.')
param storageAccountsRoleId string

resource acts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, 'acts')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource grants 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, 'grants')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grantsRoleId)
    principalId: principalId
    principalType: 'ServicePrincipal'
    condition: loadTextContent('../grant-condition.txt')
    conditionVersion: '2.0'
  }
}

resource storageAccounts 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(storageAccountsRoleId)) {
  name: guid(subscription().id, principalId, 'storage accounts')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageAccountsRoleId)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
