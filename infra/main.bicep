// Everything that cmk-bot runs on in Azure, but for what needs an administrator of the tenant: infra/grant-graph.sh does that.
// `azd up` deploys it twice: first what has to be there before the bot, then, once CMK_IMAGE names an image, the bot.
// docs/install-in-teams.md tells the way. Azure's public cloud only.
targetScope = 'subscription'

@description('Name of the azd environment, such as prod. Everything is found by it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Azure region, such as westeurope: that of the agents is a good one.')
param location string

@description('The bot’s image, such as REGISTRY/cmk-bot:TAG. While it is empty everything but the bot is deployed; the hook after that builds one and sets it.')
param image string = ''

@description('Object id of whoever sets the database up: a person, or better a group. Unset: the person who is signed in to az.')
param adminId string

@description('What Entra calls them: a user’s principal name, or a group’s display name.')
param adminName string

@description('User, Group or ServicePrincipal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param adminType string = 'User'

@description('true: the identity that owns the tables goes along and brings them up at a start. false once they are there: then the running bot cannot change them.')
@allowed(['true', 'false'])
param migrate string = 'true'

@description('true: the bot gets its two custom roles in every subscription it may act in, for which whoever deploys has to be Owner there. false: infra/grant-azure.sh gives them, also at narrower scopes, and where the tenant has the two roles already.')
@allowed(['true', 'false'])
param assignRoles string = 'true'

@description('The only subscriptions the bot acts in, with commas between them.')
@minLength(36)
param subscriptions string

@description('Who may ask: Entra group ids or object ids, with commas between them. Nobody unless set.')
param requesters string = ''

@description('Who may approve. Nobody unless set.')
param approvers string = ''

@description('Who may look and do nothing, such as auditors.')
param readers string = ''

@description('Who is called when a request needs attention.')
param operators string = ''

@description('How many have to approve.')
param approvalsRequired string = '1'

@description('Id of the team, which is that of its General channel.')
param teamId string = ''

@description('Channel where people ask.')
param operationsChannel string = ''

@description('Channel where approvers are asked.')
@minLength(1)
param approvalsChannel string

@description('Channel that the trail is copied to and nothing else uses, or none.')
@minLength(1)
param auditChannel string

@description('Authentication context, such as c1, that approvers must meet by signing in anew. Off unless set; docs/step-up.md.')
param stepUp string = ''

@description('The app that people sign in to for it.')
param stepUpAppId string = ''

@description('That app’s secret. azd keeps it in .azure on this machine: rotate it when that machine is given away.')
@secure()
param stepUpAppSecret string = ''

@description('Log Analytics workspace that the vaults’ audit logs go to, by the id it shows as its own, where the bot looks whether agents use their keys. Unset: the one that is made here.')
param logsWorkspace string = ''

@description('Finer rules: the content of the policy file as one line of JSON, which jq -c . policy.json prints. The environment’s settings alone unless set.')
param policy string = ''

@description('Where traces and figures are sent by OTLP over HTTP, such as https://otel.example.org. Nowhere unless set.')
param otlpEndpoint string = ''

@description('What goes along as headers, such as a key: NAME=VALUE, with commas between them.')
@secure()
param otlpHeaders string = ''

@description('What the database’s server is: Standard_B1ms is the smallest.')
param databaseSku string = 'Standard_B1ms'

@description('Burstable, GeneralPurpose or MemoryOptimized, as the server wants it.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param databaseTier string = 'Burstable'

@description('Days for which what is published cannot be changed or deleted.')
param anchorDays string = '2190'

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var subscriptionIds = split(replace(subscriptions, ' ', ''), ',')
var routeName = 'cmkbot'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}-cmk'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  name: 'identity'
  params: {
    location: location
    tags: tags
  }
}

module logs 'modules/logs.bicep' = {
  scope: group
  name: 'logs'
  params: {
    token: token
    location: location
    tags: tags
  }
}

module network 'modules/network.bicep' = {
  scope: group
  name: 'network'
  params: {
    token: token
    location: location
    tags: tags
  }
}

module database 'modules/database.bicep' = {
  scope: group
  name: 'database'
  params: {
    token: token
    location: location
    tags: tags
    sku: databaseSku
    tier: databaseTier
    adminId: adminId
    adminName: adminName
    adminType: adminType
    subnetId: network.outputs.endpointSubnetId
    dnsZoneId: network.outputs.databaseZoneId
    workspaceId: logs.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  name: 'vault'
  params: {
    token: token
    location: location
    tags: tags
    botPrincipalId: identity.outputs.botPrincipalId
    subnetId: network.outputs.appSubnetId
    workspaceId: logs.outputs.workspaceId
  }
}

module anchors 'modules/anchors.bicep' = {
  scope: group
  name: 'anchors'
  params: {
    token: token
    location: location
    tags: tags
    days: int(anchorDays)
    botPrincipalId: identity.outputs.botPrincipalId
    subnetId: network.outputs.appSubnetId
    workspaceId: logs.outputs.workspaceId
  }
}

module registry 'modules/registry.bicep' = {
  scope: group
  name: 'registry'
  params: {
    token: token
    location: location
    tags: tags
    botPrincipalId: identity.outputs.botPrincipalId
  }
}

module hosting 'modules/hosting.bicep' = {
  scope: group
  name: 'hosting'
  params: {
    token: token
    location: location
    tags: tags
    subnetId: network.outputs.appSubnetId
    workspaceId: logs.outputs.workspaceId
  }
}

module app 'modules/app.bicep' = if (!empty(image)) {
  scope: group
  name: 'app'
  params: {
    location: location
    tags: tags
    routeName: routeName
    hostingName: hosting.outputs.name
    image: image
    registryServer: registry.outputs.server
    botIdentityId: identity.outputs.botId
    botClientId: identity.outputs.botClientId
    ownerIdentityId: identity.outputs.ownerId
    ownerClientId: identity.outputs.ownerClientId
    migrate: migrate == 'true'
    databaseHost: database.outputs.host
    databaseName: database.outputs.name
    botUser: identity.outputs.botName
    ownerUser: identity.outputs.ownerName
    sealKeySecret: '${vault.outputs.uri}secrets/seal-key'
    logKeySecret: '${vault.outputs.uri}secrets/log-key'
    logVaultKey: '${vault.outputs.uri}keys/checkpoints'
    anchor: anchors.outputs.url
    logsWorkspace: empty(logsWorkspace) ? logs.outputs.customerId : logsWorkspace
    publicUrl: 'https://${routeName}.${hosting.outputs.domain}'
    subscriptions: subscriptions
    requesters: requesters
    approvers: approvers
    readers: readers
    operators: operators
    approvalsRequired: approvalsRequired
    teamId: teamId
    operationsChannel: operationsChannel
    approvalsChannel: approvalsChannel
    auditChannel: auditChannel
    stepUp: stepUp
    stepUpAppId: stepUpAppId
    stepUpAppSecret: stepUpAppSecret
    policy: policy
    otlpEndpoint: otlpEndpoint
    otlpHeaders: otlpHeaders
  }
}

module bot 'modules/bot.bicep' = {
  scope: group
  name: 'bot'
  params: {
    token: token
    tags: tags
    identityId: identity.outputs.botId
    clientId: identity.outputs.botClientId
    endpoint: 'https://${routeName}.${hosting.outputs.domain}/api/messages'
    workspaceId: logs.outputs.workspaceId
  }
}

module roles 'modules/roles.bicep' = if (assignRoles == 'true') {
  name: 'roles-${token}'
  params: {
    subscriptionIds: subscriptionIds
  }
}

module logsReader 'modules/logs-reader.bicep' = if (assignRoles == 'true') {
  scope: group
  name: 'logs-reader'
  params: {
    workspaceName: logs.outputs.name
    botPrincipalId: identity.outputs.botPrincipalId
  }
}

module rights 'modules/rights.bicep' = [for id in subscriptionIds: if (assignRoles == 'true') {
  scope: subscription(id)
  name: 'rights-${token}'
  params: {
    principalId: identity.outputs.botPrincipalId
    roleName: roles!.outputs.roleName
    grantsRoleName: roles!.outputs.grantsRoleName
  }
}]

output AZURE_RESOURCE_GROUP string = group.name
output CMK_HOST string = '${routeName}.${hosting.outputs.domain}'
output CMK_REGISTRY string = registry.outputs.name
output CMK_VAULT string = vault.outputs.name
output CMK_DATABASE_SERVER_ID string = database.outputs.serverId
output CMK_DATABASE_HOST string = database.outputs.host
output CMK_DATABASE string = database.outputs.name
output CMK_BOT_IDENTITY string = identity.outputs.botName
output CMK_BOT_CLIENT_ID string = identity.outputs.botClientId
output CMK_BOT_PRINCIPAL_ID string = identity.outputs.botPrincipalId
output CMK_OWNER_IDENTITY string = identity.outputs.ownerName
output CMK_OWNER_PRINCIPAL_ID string = identity.outputs.ownerPrincipalId
output CMK_ANCHOR_ACCOUNT string = anchors.outputs.account
output CMK_ANCHOR_CONTAINER string = anchors.outputs.container
