// Container for the published log, apart from the database. No version of a blob in it can be changed or deleted while the
// immutability policy lasts; the newest checkpoint gets one more version each time. Until the policy is locked, an owner of the
// account can remove it. A locked policy takes no other action than an extension, so a deployment must leave it alone then
// (Microsoft, "Immutability Policies - Create Or Update").
import { Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('Name of the container.')
param containerName string
@description('Days for which a version cannot be changed or deleted.')
param days int
@description('Whether the immutability policy is locked.')
param isLocked bool
@description('Redundancy of the account.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param sku string
@description('Whether a lock protects the account from deletion.')
param deleteLock bool
@description('Name of the identity of the bot.')
param botName string
@description('Object id of the identity of the bot.')
param botPrincipalId string
@description('Subnet from which the bot publishes.')
param subnetId string
@description('Workspace for its logs.')
param workspaceId string
@description('Object id of the group whose members read the published log. Empty: no one but the bot.')
param auditorsId string
@description('Public addresses from which they read it.')
param auditorAddresses string[]

var publishing = loadJsonContent('../custom-role-publishing.json')

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: 'st${place.token}'
  location: place.location
  tags: place.tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Deny'
      ipRules: [for address in auditorAddresses: { action: 'Allow', value: address }]
      virtualNetworkRules: [
        {
          id: subnetId
        }
      ]
    }
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (deleteLock) {
  scope: account
  name: 'keep-published-log'
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds the published log of cmk-bot, which is evidence. docs/operate/uninstall.md has the steps.'
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: containerName
  properties: {
    publicAccess: 'None'
    immutableStorageWithVersioning: {
      enabled: true
    }
  }
}

resource policy 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-06-01' = if (!isLocked) {
  parent: container
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: days
    allowProtectedAppendWrites: false
  }
}

// A role's name is unique in its tenant: this one has a mark of its resource group.
resource publishingRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, publishing.Name)
  properties: {
    roleName: '${publishing.Name} ${place.token}'
    description: publishing.Description
    type: 'CustomRole'
    permissions: [
      {
        actions: publishing.Actions
        notActions: publishing.NotActions
        dataActions: publishing.DataActions
        notDataActions: publishing.NotDataActions
      }
    ]
    assignableScopes: [
      resourceGroup().id
    ]
  }
}

// On this container alone: reads and writes blobs, and deletes none.
resource botPublishes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: container
  name: guid(container.id, botName, publishing.Name)
  properties: {
    roleDefinitionId: publishingRole.id
    principalId: botPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// Storage Blob Data Reader, on this container alone.
resource auditorsRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(auditorsId)) {
  scope: container
  name: guid(container.id, auditorsId, 'auditors')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1')
    principalId: auditorsId
    principalType: 'Group'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageWrite'
        enabled: true
      }
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

@description('Address of the container.')
output url string = '${account.properties.primaryEndpoints.blob}${container.name}'
@description('Name of the account.')
output account string = account.name
@description('Name of the container.')
output container string = container.name
