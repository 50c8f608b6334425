// Types that modules share.

@export()
@description('Where a resource belongs.')
type Place = {
  @description('Unique part of names: 13 characters.')
  @minLength(13)
  @maxLength(13)
  token: string
  @description('Azure region.')
  location: string
  @description('Tags of each resource.')
  tags: {
    @description('Value of a tag.')
    *: string
  }
}

@export()
@description('A managed identity.')
type Identity = {
  @description('ARM id.')
  id: string
  @description('Name: its user in the database.')
  name: string
  @description('Client id.')
  clientId: string
}
