// Network of the bot. It reaches the database and the vault by private endpoints, and the storage account by a service endpoint,
// which costs nothing. None of the three accepts traffic from elsewhere. The vault has a private endpoint because Container Apps
// failed to read secrets through a service endpoint (microsoft/azure-container-apps#1287).
import { Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: 'vnet-${place.token}'
  location: place.location
  tags: place.tags
  properties: {
    addressSpace: {
      addressPrefixes: ['10.90.0.0/24']
    }
    subnets: [
      {
        name: 'apps'
        properties: {
          // Container Apps needs 32 addresses or more, and a subnet of its own.
          addressPrefix: '10.90.0.0/26'
          delegations: [
            {
              name: 'apps'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
          serviceEndpoints: [
            {
              service: 'Microsoft.Storage'
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '10.90.0.64/28'
        }
      }
    ]
  }
}

resource apps 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' existing = {
  parent: network
  name: 'apps'
}

resource endpoints 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' existing = {
  parent: network
  name: 'endpoints'
}

@description('Subnet of the replicas.')
output appSubnetId string = apps.id
@description('Subnet of the private endpoints.')
output endpointSubnetId string = endpoints.id
@description('The network.')
output networkId string = network.id
