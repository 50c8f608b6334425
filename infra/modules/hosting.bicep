// Environment of Container Apps. It ends TLS; behind it, traffic stays in the bot's network.
import { Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('Name of the environment.')
param name string
@description('Replicas in several availability zones.')
param zoneRedundant bool
@description('Subnet of the replicas.')
param subnetId string
@description('Workspace for the application log.')
param workspaceId string

resource hosting 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: name
  location: place.location
  tags: place.tags
  properties: {
    appLogsConfiguration: {
      // With the diagnostic setting below, logs land in the table ContainerAppConsoleLogs, and no key of the workspace is needed.
      destination: 'azure-monitor'
    }
    vnetConfiguration: {
      infrastructureSubnetId: subnetId
      internal: false
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
    peerTrafficConfiguration: {
      // Between the TLS end and the replicas.
      encryption: {
        enabled: true
      }
    }
    zoneRedundant: zoneRedundant
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: hosting
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'ContainerAppConsoleLogs'
        enabled: true
      }
      {
        category: 'ContainerAppSystemLogs'
        enabled: true
      }
    ]
  }
}

@description('Domain of every app in the environment.')
output domain string = hosting.properties.defaultDomain
