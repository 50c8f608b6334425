// The custom roles of the bot, read from the files that say what it can do.
targetScope = 'subscription'

@description('Ids of the roles.')
param ids {
  @description('Of the role with which the bot acts.')
  bot: string
  @description('Of the role with which it assigns key access.')
  grants: string
  @description('Of the role with which it reads the audit logs of vaults. Empty: a script creates it.')
  logs: string
  @description('Of the role for storage accounts. Empty: they are off.')
  storageAccounts: string
}
@description('Scopes in which the roles can be assigned.')
param scopes string[]

var roles = filter(
  [
    { id: ids.bot, file: loadJsonContent('../custom-role.json') }
    { id: ids.grants, file: loadJsonContent('../custom-role-grants.json') }
    { id: ids.logs, file: loadJsonContent('../custom-role-logs.json') }
    { id: ids.storageAccounts, file: loadJsonContent('../custom-role-storage-account.json') }
  ],
  role => !empty(role.id)
)

resource definitions 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [for role in roles: {
  name: role.id
  properties: {
    roleName: role.file.Name
    description: role.file.Description
    type: 'CustomRole'
    permissions: [
      {
        actions: role.file.Actions
        notActions: role.file.NotActions
        dataActions: role.file.DataActions
        notDataActions: role.file.NotDataActions
      }
    ]
    assignableScopes: scopes
  }
}]
