/** Builds and compares ARM resource IDs and locations. Comparison ignores case. */

/** A resource's place and name: the parts of its ID. */
export interface InGroup {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

export const subscriptionScope = (subscriptionId: string): string => `/subscriptions/${subscriptionId}`;

export const groupScope = (subscriptionId: string, group: string): string =>
  `${subscriptionScope(subscriptionId)}/resourceGroups/${group}`;

export const agentType = 'Microsoft.HealthBot/healthBots';
export const vaultType = 'Microsoft.KeyVault/vaults';
export const accountType = 'Microsoft.Storage/storageAccounts';

export const resourceId = (type: string, resource: InGroup): string =>
  `${groupScope(resource.subscriptionId, resource.resourceGroup)}/providers/${type}/${resource.name}`;

export const agentId = (agent: InGroup): string => resourceId(agentType, agent);

export const vaultId = (vault: InGroup): string => resourceId(vaultType, vault);

export const keyId = (vault: InGroup, keyName: string): string => `${vaultId(vault)}/keys/${keyName}`;

/** Compares lengths first: changing the case of these IDs doesn't change their length. */
export const sameId = (a: string, b: string): boolean =>
  a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase());

/** Returns true if `scope` is `ancestor` or below it. Everything is below `/`. */
export const within = (scope: string, ancestor: string): boolean => {
  const above = ancestor === '/' ? '' : ancestor.toLowerCase();
  const below = scope.toLowerCase();
  return below === above || below.startsWith(`${above}/`);
};

/** Normalizes a location for storage and comparison: lower case, no spaces. */
export const plainLocation = (location: string): string => location.toLowerCase().replaceAll(' ', '');

/** Matches the resource that has these parts of an ID. */
export const named =
  ({ subscriptionId, resourceGroup, name }: InGroup) =>
  (resource: InGroup): boolean =>
    sameId(resource.subscriptionId, subscriptionId) &&
    sameId(resource.resourceGroup, resourceGroup) &&
    sameId(resource.name, name);
