/** Operations of the real services that somebody may try beside those that the local Azure serves. */
export interface KnownOperation {
  /** Those of the official descriptions that it stands for, by their names there. */
  readonly stands: RegExp;
  readonly method: string;
  /** As the local Azure's own routes are written. */
  readonly pattern: string;
}

const inGroup = '/subscriptions/{sub}/resourceGroups/{group}';
const agent = `${inGroup}/providers/Microsoft.HealthBot/healthBots/{name}`;
const vault = `${inGroup}/providers/Microsoft.KeyVault/vaults/{vault}`;
const hsm = `${inGroup}/providers/Microsoft.KeyVault/managedHSMs/{name}`;

const known = (method: string, pattern: string, stands: RegExp): KnownOperation => ({ method, pattern, stands });

/** Complete for the descriptions of the kinds that are served, which the conformance test sees to; families by one of them. */
export const knownOperations: readonly KnownOperation[] = [
  known('POST', `${agent}/listSecrets`, /^Bots_ListSecrets$/),
  known('POST', `${agent}/regenerateApiJwtSecret`, /^Bots_RegenerateApiJwtSecret$/),
  known('GET', '/providers/{namespace}/operations', /^Operations_List$/),
  known('GET', `${vault}/privateEndpointConnections`, /^(PrivateEndpointConnections|PrivateLinkResources)_/),
  known('GET', `${vault}/secrets`, /^Secrets_/),
  known('GET', `${hsm}`, /^(ManagedHsms|ManagedHsmKeys|MHSM\w+)_/),
  known('GET', '/keys', /^GetKeys$/),
  known('GET', '/deletedkeys', /^GetDeletedKeys$/),
  known('GET', '/keys/{name}/versions', /^GetKeyVersions$/),
  known('GET', '/keys/{name}/rotationpolicy', /^(Get|Update)KeyRotationPolicy$/),
  known('POST', '/keys/{name}/rotate', /^RotateKey$/),
  known('POST', '/keys/{name}/backup', /^BackupKey$/),
  known('POST', '/keys/restore', /^RestoreKey$/),
  known('POST', '/keys/{name}/{version}/encrypt', /^encrypt$/),
  known('POST', '/keys/{name}/{version}/decrypt', /^decrypt$/),
  known('POST', '/keys/{name}/{version}/sign', /^sign$/),
  known('POST', '/keys/{name}/{version}/verify', /^verify$/),
  known('POST', '/keys/{name}/{version}/release', /^release$/),
  known('POST', '/rng', /^GetRandomBytes$/),
  known('GET', '/secrets', /^\w+Secrets?$/),
  known('GET', '/certificates', /^\w+Certificates?$/),
  known('PUT', '/{*scope}/providers/Microsoft.Authorization/roleDefinitions/{id}', /^RoleDefinitions_CreateOrUpdate$/),
  known('DELETE', '/{*scope}/providers/Microsoft.Authorization/roleDefinitions/{id}', /^RoleDefinitions_Delete$/),
  known('GET', '/{*scope}/providers/Microsoft.Authorization/denyAssignments', /^DenyAssignments_/),
  known('PUT', '/{*scope}/providers/Microsoft.Authorization/locks/{name}', /^ManagementLocks_CreateOrUpdate/),
  known('DELETE', '/{*scope}/providers/Microsoft.Authorization/locks/{name}', /^ManagementLocks_Delete/),
  known('GET', '/{*scope}/providers/Microsoft.Authorization/locks/{name}', /^ManagementLocks_Get/),
  known('GET', '/{*scope}/providers/Microsoft.Authorization/policyAssignments', /^PolicyAssignments_List/),
  known('GET', '/{*scope}/providers/Microsoft.Authorization/policyAssignments/{name}', /^PolicyAssignments_Get/),
  known('DELETE', '/{*scope}/providers/Microsoft.Authorization/policyAssignments/{name}', /^PolicyAssignments_Delete/),
  known('PUT', '/{*scope}/providers/Microsoft.Authorization/policyAssignments/{name}', /^PolicyAssignments_Create/),
  known('GET', '/subscriptions/{sub}/providers/Microsoft.Authorization/policyDefinitions', /^PolicyDefinitions_List$/),
  known('GET', '/subscriptions/{sub}/providers/Microsoft.Authorization/policySetDefinitions', /^PolicySetDefinitions_/),
  known('GET', '/providers/Microsoft.Authorization/providerOperations/{namespace}', /^ProviderOperationsMetadata_/),
  known('GET', '/providers/Microsoft.Authorization/policyDefinitions', /^PolicyDefinitions_(List|Get)BuiltIn$/),
  known(
    'PUT',
    '/subscriptions/{sub}/providers/Microsoft.Authorization/policyDefinitions/{name}',
    /^PolicyDefinitions_/,
  ),
  known('GET', '/subscriptions/{sub}/providers/Microsoft.KeyVault/deletedVaults', /^Vaults_ListDeleted$/),
  known(
    'GET',
    '/subscriptions/{sub}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{vault}',
    /^Vaults_GetDeleted$/,
  ),
  known(
    'POST',
    '/subscriptions/{sub}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{vault}/purge',
    /^Vaults_PurgeDeleted$/,
  ),
  known(
    'POST',
    '/subscriptions/{sub}/providers/Microsoft.KeyVault/checkNameAvailability',
    /^Vaults_CheckNameAvailability$/,
  ),
  known('GET', '/subscriptions/{sub}/locations', /^Subscriptions_ListLocations$/),
  known('GET', '/subscriptions/{sub}/providers', /^Providers_List$/),
  known('POST', '/subscriptions/{sub}/providers/{namespace}/unregister', /^Providers_Unregister$/),
  known('PUT', inGroup, /^ResourceGroups_CreateOrUpdate$/),
  known('PATCH', inGroup, /^ResourceGroups_Update$/),
  known('DELETE', inGroup, /^ResourceGroups_Delete$/),
  known('POST', `${inGroup}/exportTemplate`, /^ResourceGroups_ExportTemplate$/),
  known('POST', `${inGroup}/moveResources`, /^Resources_(ValidateM|M)oveResources$/),
  known(
    'PUT',
    '/{*scope}/providers/Microsoft.Resources/deployments/{name}',
    /^(Deployments|DeploymentOperations|DeploymentStacks)_/,
  ),
  known('PATCH', '/{*scope}/providers/Microsoft.Resources/tags/default', /^Tags_/),
  known('GET', '/providers', /^Providers_\w+AtTenantScope$/),
  known('GET', '/subscriptions/{sub}/providers/{namespace}/providerPermissions', /^Providers_ProviderPermissions$/),
  known('GET', '/subscriptions/{sub}/providers/{namespace}/resourceTypes', /^ProviderResourceTypes_List$/),
  known('GET', `${inGroup}/providers/Microsoft.ResourceGraph/queries`, /^GraphQuery_/),
];
