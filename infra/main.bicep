// All Azure resources of cmk-bot, except what a tenant administrator gives: infra/grant-graph.sh does that.
// `azd up` deploys twice: first everything except the bot, then, once CMK_IMAGE names an image, the bot.
// docs/install/deploy-with-azd.md has the steps. Azure's public cloud only.
targetScope = 'subscription'

@description('Name of the azd environment, such as prod. All names of resources come from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Azure region, such as westeurope. Choose the region of the agents.')
param location string

@description('Image of the bot, such as REGISTRY/cmk-bot@sha256:DIGEST. While it is empty, everything except the bot is deployed; the hook then builds an image and sets it.')
param image string = ''

@description('Object id of the administrator of the database: a person, or better a group. The hook before provisioning sets the signed-in person, unless it is set.')
param adminId string = ''

@description('Name of that administrator in Entra ID: the principal name of a person, or the display name of a group.')
param adminName string = ''

@description('User, Group or ServicePrincipal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param adminType string = 'User'

@description('true: the bot starts with the identity that owns the tables and migrates the database. Set false afterwards: then the running bot cannot change stored events.')
param migrate bool = true

@description('true: the deployment creates the custom roles of the bot and assigns them in every subscription of CMK_SUBSCRIPTIONS. The person who deploys must be Owner there. false: run infra/grant-azure.sh, which also takes narrower scopes.')
param assignRoles bool = true

@description('The only subscriptions in which the bot acts, separated by commas.')
@minLength(36)
param subscriptions string

@description('Further subscriptions in which the custom roles exist, separated by commas. The hook before provisioning sets it, because Azure refuses to take a subscription with assignments out of a role.')
param roleSubscriptions string = ''

@description('Settings of the bot by the names in docs/install/settings.md. An empty setting has its default.')
param settings {
  @description('Id of the channel in which approvers decide.')
  @minLength(1)
  CMK_APPROVALS_CHANNEL: string
  @description('Id of the channel for the copy of the audit log, or none.')
  @minLength(1)
  CMK_AUDIT_CHANNEL: string
  @description('Every other setting.')
  *: string
}

@description('Approval policy: the content of the policy file, as one JSON object. {}: none.')
#disable-next-line use-user-defined-types // The bot checks the file at start and names every mistake; a second schema here would differ from it.
param policy object = {}

@description('Object id of the Entra ID group of the auditors: they get Storage Blob Data Reader on the container of the published log. Empty: no one.')
param auditors string = ''

@description('Public IPv4 addresses or ranges from which auditors read the published log, separated by commas. Empty: only the network of the bot.')
param auditorAddresses string = ''

@description('Settings whose value is a secret of the vault, separated by commas. The hook after provisioning stores the secrets and sets it.')
param vaultSettings string = ''

@description('Cores of each replica of the bot. It has twice as many GiB of memory.')
@allowed(['0.5', '1', '2'])
param cores string = '0.5'

@description('SKU of the database server. Standard_B2s allows 414 connections of users; modules/database.bicep has the arithmetic.')
param databaseSku string = 'Standard_B2s'

@description('Tier of that SKU.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param databaseTier string = 'Burstable'

@description('Size of the database disk in GiB. It grows automatically and cannot shrink: the hook before provisioning sets the size that the server has.')
@minValue(32)
param databaseStorageGiB int = 32

@description('Standby of the database. Burstable servers cannot have one.')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param databaseHighAvailability string = 'Disabled'

@description('Backups of the database in the paired region too. Only a new server takes it.')
@allowed(['Disabled', 'Enabled'])
param databaseGeoBackup string = 'Disabled'

@description('Name of the database server. Empty: a new one. After a restore, the name of the restored server.')
param databaseServer string = ''

@description('Replicas in several availability zones. Only a new environment of Container Apps takes it.')
param zoneRedundant bool = false

@description('Days for which a published event cannot be changed or deleted.')
param anchorDays int = 2190

@description('Container for the published log. Name a new one after a restore.')
param anchorContainer string = 'anchor'

@description('true once the immutability policy of that container is locked: then the deployment leaves the policy alone. The hook before provisioning sets it.')
param anchorLocked bool = false

@description('Redundancy of the storage account with the published log.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_GRS'

@description('true: a lock protects the storage account with the published log from deletion.')
param deleteLock bool = true

@description('Days for which the workspace keeps logs, among them the entries of the log signing key.')
@minValue(30)
@maxValue(730)
param logDays int = 90

@description('Address to which alerts go by email. Empty: alerts are shown in the portal only.')
param alertEmail string = ''

@description('Tags of every resource beside azd-env-name, as one JSON object.')
param extraTags { *: string } = {}

var token = uniqueString(subscription().id, environmentName, location)
var place = { token: token, location: location, tags: union(extraTags, { 'azd-env-name': environmentName }) }
var subscriptionIds = split(replace(subscriptions, ' ', ''), ',')
var roleScopes = map(
  union([subscription().subscriptionId], subscriptionIds, filter(split(roleSubscriptions, ','), id => !empty(id))),
  id => '/subscriptions/${id}'
)
// infra/grant-azure.sh gives the role in a workspace of one's own. It adds that subscription, which a deployment would take out.
var hasOwnWorkspace = !empty(settings.?CMK_LOGS_WORKSPACE ?? '')
// Of this environment: a role's name is unique in its tenant, so a second environment cannot have it too.
var hasStorageAccounts = contains(split(replace(settings.?CMK_KINDS ?? '', ' ', ''), ','), 'storage-account')
var roleIds = {
  bot: guid(subscription().id, environmentName, 'CMK bot')
  grants: guid(subscription().id, environmentName, 'CMK bot grants')
  logs: hasOwnWorkspace ? '' : guid(subscription().id, environmentName, 'CMK bot logs')
  storageAccounts: hasStorageAccounts ? guid(subscription().id, environmentName, 'CMK bot storage accounts') : ''
}
var names = {
  botIdentity: 'id-cmk-bot'
  ownerIdentity: 'id-cmk-owner'
  // infra/runtime-role.sql creates it.
  database: 'cmk'
  hosting: 'cae-${token}'
  workspace: 'log-${token}'
  route: 'cmkbot'
}

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}-cmk'
  location: location
  tags: place.tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    place: place
    botName: names.botIdentity
    ownerName: names.ownerIdentity
  }
}

module logs 'modules/logs.bicep' = {
  scope: group
  params: {
    place: place
    name: names.workspace
    days: logDays
  }
}

module network 'modules/network.bicep' = {
  scope: group
  params: {
    place: place
  }
}

module database 'modules/database.bicep' = {
  scope: group
  params: {
    place: place
    name: empty(databaseServer) ? 'psql-${token}' : databaseServer
    sku: databaseSku
    tier: databaseTier
    storageGiB: databaseStorageGiB
    highAvailability: databaseHighAvailability
    geoBackup: databaseGeoBackup
    adminId: adminId
    adminName: adminName
    adminType: adminType
    subnetId: network.outputs.endpointSubnetId
    networkId: network.outputs.networkId
    workspaceId: logs.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    place: place
    botName: names.botIdentity
    botPrincipalId: identity.outputs.botPrincipalId
    subnetId: network.outputs.endpointSubnetId
    networkId: network.outputs.networkId
    workspaceId: logs.outputs.workspaceId
  }
}

module anchors 'modules/anchors.bicep' = {
  scope: group
  params: {
    place: place
    containerName: anchorContainer
    days: anchorDays
    isLocked: anchorLocked
    sku: storageSku
    deleteLock: deleteLock
    botName: names.botIdentity
    botPrincipalId: identity.outputs.botPrincipalId
    subnetId: network.outputs.appSubnetId
    workspaceId: logs.outputs.workspaceId
    auditorsId: auditors
    auditorAddresses: filter(map(split(auditorAddresses, ','), address => trim(address)), address => !empty(address))
  }
}

module registry 'modules/registry.bicep' = {
  scope: group
  params: {
    place: place
    botName: names.botIdentity
    botPrincipalId: identity.outputs.botPrincipalId
    workspaceId: logs.outputs.workspaceId
  }
}

module hosting 'modules/hosting.bicep' = {
  scope: group
  params: {
    place: place
    name: names.hosting
    zoneRedundant: zoneRedundant
    subnetId: network.outputs.appSubnetId
    workspaceId: logs.outputs.workspaceId
  }
}

module app 'modules/app.bicep' = if (!empty(image)) {
  scope: group
  params: {
    place: place
    routeName: names.route
    hostingName: names.hosting
    host: '${names.route}.${hosting.outputs.domain}'
    image: image
    cores: cores
    registryServer: registry.outputs.server
    bot: identity.outputs.bot
    owner: identity.outputs.owner
    migrate: migrate
    database: '${database.outputs.host}:5432/${names.database}'
    vaultUri: vault.outputs.uri
    anchor: anchors.outputs.url
    workspace: logs.outputs.customerId
    subscriptions: subscriptions
    settings: settings
    vaultSettings: filter(split(replace(vaultSettings, ' ', ''), ','), name => !empty(name))
    policy: policy
  }
}

module bot 'modules/bot.bicep' = {
  scope: group
  params: {
    place: place
    identityId: identity.outputs.bot.id
    clientId: identity.outputs.bot.clientId
    endpoint: 'https://${names.route}.${hosting.outputs.domain}/api/messages'
    workspaceId: logs.outputs.workspaceId
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    place: place
    email: alertEmail
    workspaceId: logs.outputs.workspaceId
    databaseId: database.outputs.serverId
    hasApp: !empty(image)
  }
  // A rule over a metric needs its resource.
  dependsOn: [app]
}

module roles 'modules/roles.bicep' = if (assignRoles) {
  params: {
    ids: roleIds
    scopes: roleScopes
  }
}

module logsReader 'modules/logs-reader.bicep' = if (assignRoles && !hasOwnWorkspace) {
  scope: group
  params: {
    workspaceName: names.workspace
    roleId: roleIds.logs
    botName: names.botIdentity
    botPrincipalId: identity.outputs.botPrincipalId
  }
  dependsOn: [logs, roles]
}

module rights 'modules/rights.bicep' = [for id in subscriptionIds: if (assignRoles) {
  scope: subscription(id)
  params: {
    // By its principal: after `azd down` and `azd up` the identity is another one, and the old assignment cannot be changed.
    #disable-next-line what-if-short-circuiting
    principalId: identity.outputs.botPrincipalId
    roleId: roleIds.bot
    grantsRoleId: roleIds.grants
    storageAccountsRoleId: roleIds.storageAccounts
  }
  dependsOn: [roles]
}]

@description('Resource group of everything that is deployed.')
output AZURE_RESOURCE_GROUP string = group.name
@description('Name of this deployment: a machine that knows only earlier ones has old values.')
output CMK_DEPLOYMENT string = deployment().name
@description('Host name of the bot.')
output CMK_HOST string = '${names.route}.${hosting.outputs.domain}'
@description('Name of the container registry.')
output CMK_REGISTRY string = registry.outputs.name
@description('Name of the vault with the keys of the audit log.')
output CMK_VAULT string = vault.outputs.name
@description('ARM id of the database server.')
output CMK_DATABASE_SERVER_ID string = database.outputs.serverId
@description('Host name of the database server.')
output CMK_DATABASE_HOST string = database.outputs.host
@description('Name of the database.')
output CMK_DATABASE string = names.database
@description('Name of the identity of the bot.')
output CMK_BOT_IDENTITY string = names.botIdentity
@description('Client id of the identity of the bot: the app id in Teams.')
output CMK_BOT_CLIENT_ID string = identity.outputs.bot.clientId
@description('Object id of the identity of the bot: roles are assigned to it.')
output CMK_BOT_PRINCIPAL_ID string = identity.outputs.botPrincipalId
@description('Name of the identity that owns the tables.')
output CMK_OWNER_IDENTITY string = names.ownerIdentity
@description('Object id of the identity that owns the tables.')
output CMK_OWNER_PRINCIPAL_ID string = identity.outputs.ownerPrincipalId
@description('Storage account with the published log.')
output CMK_ANCHOR_ACCOUNT string = anchors.outputs.account
@description('Container with the published log.')
output CMK_ANCHOR_CONTAINER string = anchors.outputs.container
@description('ARM id of the Log Analytics workspace.')
output CMK_WORKSPACE_ID string = logs.outputs.workspaceId
@description('Id of the role with which the bot acts, if this deployment creates it.')
output CMK_ROLE_ID string = assignRoles ? roleIds.bot : ''
