// Private endpoint of one resource, and the private DNS zone by which the bot's network finds it.
import { Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('Name of the endpoint.')
param name string
@description('ARM id of the resource.')
param resourceId string
@description('Part of the resource, such as vault.')
param groupId string
@description('Name of the private DNS zone.')
param zoneName string
@description('Subnet of the endpoint.')
param subnetId string
@description('Network that resolves names by the zone.')
param networkId string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zoneName
  location: 'global'
  tags: place.tags
}

resource zoneLink 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: zone
  name: 'link-${place.token}'
  location: 'global'
  tags: place.tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: place.location
  tags: place.tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: {
          privateLinkServiceId: resourceId
          groupIds: [groupId]
        }
      }
    ]
  }
}

resource endpointName 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: groupId
        properties: {
          privateDnsZoneId: zone.id
        }
      }
    ]
  }
}
