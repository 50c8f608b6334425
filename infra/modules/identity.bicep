// Two managed identities, so that the running bot cannot change stored events: the second owns the tables of the database, and the
// bot has it only while it migrates them.
import { Identity, Place } from 'types.bicep'

@description('Where the resources belong.')
param place Place
@description('Name of the identity of the bot.')
param botName string
@description('Name of the identity that owns the tables.')
param ownerName string

resource botIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: botName
  location: place.location
  tags: place.tags
}

resource ownerIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: ownerName
  location: place.location
  tags: place.tags
}

@description('The identity of the bot.')
output bot Identity = { id: botIdentity.id, name: botIdentity.name, clientId: botIdentity.properties.clientId }
@description('The identity that owns the tables.')
output owner Identity = { id: ownerIdentity.id, name: ownerIdentity.name, clientId: ownerIdentity.properties.clientId }
@description('Object id of the identity of the bot.')
output botPrincipalId string = botIdentity.properties.principalId
@description('Object id of the identity that owns the tables.')
output ownerPrincipalId string = ownerIdentity.properties.principalId
