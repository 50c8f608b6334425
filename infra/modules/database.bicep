// PostgreSQL that accepts tokens of Entra ID and no passwords. Its firewall has no rule, so only the private endpoint in the bot's
// network reaches it. The hook after provisioning opens it for one address, and closes it at its end.
//
// Connections: a replica uses at most 11 (10 shared and 1 that renews claims), and 1 more as the owner while it migrates.
// During a rolling update 2 old and 2 new replicas run: 4 × 12 = 48. Standard_B1ms allows users 35, Standard_B2s 414
// (Microsoft, "Limits in Azure Database for PostgreSQL").
import { Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('Name of the server.')
param name string
@description('SKU of the server.')
param sku string
@description('Tier of the SKU.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param tier string
@description('Size of the disk in GiB.')
param storageGiB int
@description('Standby of the server.')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param highAvailability string
@description('Backups in the paired region too.')
@allowed(['Disabled', 'Enabled'])
param geoBackup string
@description('Object id of the administrator. Empty: none yet.')
param adminId string
@description('Name of the administrator in Entra ID.')
param adminName string
@description('Kind of the administrator.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param adminType string
@description('Subnet of the private endpoint.')
param subnetId string
@description('Network of the bot.')
param networkId string
@description('Workspace for its logs.')
param workspaceId string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: place.location
  tags: place.tags
  sku: {
    name: sku
    tier: tier
  }
  properties: {
    version: '17'
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    network: {
      publicNetworkAccess: 'Enabled'
    }
    storage: {
      storageSizeGB: storageGiB
      autoGrow: 'Enabled'
    }
    backup: {
      backupRetentionDays: 35
      geoRedundantBackup: geoBackup
    }
    highAvailability: {
      mode: highAvailability
    }
  }
}

resource admin 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = if (!empty(adminId)) {
  parent: server
  name: empty(adminId) ? 'none' : adminId
  properties: {
    principalName: adminName
    principalType: adminType
    tenantId: tenant().tenantId
  }
}

module endpoint 'private-endpoint.bicep' = {
  params: {
    place: place
    name: 'pe-${server.name}'
    resourceId: server.id
    groupId: 'postgresqlServer'
    zoneName: 'privatelink.postgres.database.azure.com'
    subnetId: subnetId
    networkId: networkId
  }
  // The server does one change at a time.
  dependsOn: [admin]
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: server
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'PostgreSQLLogs'
        enabled: true
      }
    ]
  }
}

@description('ARM id of the server.')
output serverId string = server.id
@description('Host name of the server.')
output host string = server.properties.fullyQualifiedDomainName
