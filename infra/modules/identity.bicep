// Two identities, so that the one that runs cannot change what it has written: the other owns the database's tables and is there
// only where they are brought up.
param location string
param tags object

resource bot 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-cmk-bot'
  location: location
  tags: tags
}

resource owner 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-cmk-owner'
  location: location
  tags: tags
}

output botId string = bot.id
output botName string = bot.name
output botClientId string = bot.properties.clientId
output botPrincipalId string = bot.properties.principalId
output ownerId string = owner.id
output ownerName string = owner.name
output ownerClientId string = owner.properties.clientId
output ownerPrincipalId string = owner.properties.principalId
