/**
 * Resource types in `infra/`, with where each was looked up, and of the ones that matter most which properties may be sent:
 * Microsoft's own lists (Azure/bicep-types-az, `generated/…/types.md`), without what can only be read.
 */

/** True: anything. In a list: the one shape of its items. */
export type Shape = true | readonly [Shape] | { readonly [name: string]: Shape };

export interface KnownType {
  /** `list`: read in Microsoft's list of that version. `seen`: used in public templates with these properties. `description`: Microsoft's own REST description is at hand, which a test compares with where it is given. */
  readonly from: 'list' | 'seen' | 'description';
  readonly shape?: Shape;
}

const tracked = { name: true, location: true, tags: true } as const;
const identity = { type: true, userAssignedIdentities: true } as const;
const customDomains = [{ bindingType: true, certificateId: true, name: true }] as const;

const probe = {
  failureThreshold: true,
  httpGet: { host: true, httpHeaders: true, path: true, port: true, scheme: true },
  initialDelaySeconds: true,
  periodSeconds: true,
  successThreshold: true,
  tcpSocket: true,
  terminationGracePeriodSeconds: true,
  timeoutSeconds: true,
  type: true,
} as const;

const container = {
  args: true,
  command: true,
  env: [{ name: true, secretRef: true, value: true }],
  image: true,
  name: true,
  probes: [probe],
  resources: { cpu: true, memory: true },
  volumeMounts: [{ mountPath: true, subPath: true, volumeName: true }],
} as const;

const ingress = {
  additionalPortMappings: true,
  allowInsecure: true,
  clientCertificateMode: true,
  corsPolicy: true,
  customDomains,
  exposedPort: true,
  external: true,
  ipSecurityRestrictions: true,
  stickySessions: true,
  targetPort: true,
  traffic: true,
  transport: true,
} as const;

const containerApp: Shape = {
  ...tracked,
  identity,
  kind: true,
  managedBy: true,
  properties: {
    environmentId: true,
    workloadProfileName: true,
    configuration: {
      activeRevisionsMode: true,
      dapr: true,
      identitySettings: [{ identity: true, lifecycle: true }],
      ingress,
      maxInactiveRevisions: true,
      registries: [{ identity: true, passwordSecretRef: true, server: true, username: true }],
      runtime: true,
      secrets: [{ identity: true, keyVaultUrl: true, name: true, value: true }],
      service: true,
    },
    template: {
      containers: [container],
      initContainers: true,
      revisionSuffix: true,
      scale: { cooldownPeriod: true, maxReplicas: true, minReplicas: true, pollingInterval: true, rules: true },
      serviceBinds: true,
      terminationGracePeriodSeconds: true,
      volumes: [{ mountOptions: true, name: true, secrets: true, storageName: true, storageType: true }],
    },
  },
};

const managedEnvironment: Shape = {
  ...tracked,
  identity,
  kind: true,
  properties: {
    appLogsConfiguration: { destination: true, logAnalyticsConfiguration: true },
    customDomainConfiguration: true,
    infrastructureResourceGroup: true,
    ingressConfiguration: true,
    peerAuthentication: { mtls: { enabled: true } },
    peerTrafficConfiguration: { encryption: { enabled: true } },
    publicNetworkAccess: true,
    vnetConfiguration: {
      dockerBridgeCidr: true,
      infrastructureSubnetId: true,
      internal: true,
      platformReservedCidr: true,
      platformReservedDnsIP: true,
    },
    workloadProfiles: [{ maximumCount: true, minimumCount: true, name: true, workloadProfileType: true }],
    zoneRedundant: true,
  },
};

const match = { caseSensitive: true, path: true, pathSeparatedPrefix: true, prefix: true } as const;
const routes: Shape = {
  name: true,
  properties: {
    customDomains,
    rules: [
      {
        description: true,
        routes: [{ action: { prefixRewrite: true }, match }],
        targets: [{ containerApp: true, label: true, revision: true }],
      },
    ],
  },
};

const server: Shape = {
  ...tracked,
  identity: true,
  sku: { name: true, tier: true },
  properties: {
    administratorLogin: true,
    administratorLoginPassword: true,
    authConfig: { activeDirectoryAuth: true, passwordAuth: true, tenantId: true },
    availabilityZone: true,
    backup: { backupRetentionDays: true, geoRedundantBackup: true },
    createMode: true,
    dataEncryption: true,
    highAvailability: { mode: true, standbyAvailabilityZone: true },
    maintenanceWindow: true,
    network: { delegatedSubnetResourceId: true, privateDnsZoneArmResourceId: true, publicNetworkAccess: true },
    storage: { autoGrow: true, iops: true, storageSizeGB: true, throughput: true, tier: true, type: true },
    version: true,
  },
};

const administrator: Shape = { name: true, properties: { principalName: true, principalType: true, tenantId: true } };
const database: Shape = { name: true, properties: { charset: true, collation: true } };

/** By type and version. */
export const knownTypes: Readonly<Record<string, KnownType>> = {
  'Microsoft.App/containerApps@2025-07-01': { from: 'list', shape: containerApp },
  'Microsoft.App/managedEnvironments@2025-07-01': { from: 'list', shape: managedEnvironment },
  'Microsoft.App/managedEnvironments/httpRouteConfigs@2025-07-01': { from: 'list', shape: routes },
  'Microsoft.Authorization/roleAssignments@2022-04-01': { from: 'description' },
  'Microsoft.Authorization/roleDefinitions@2022-04-01': { from: 'description' },
  'Microsoft.BotService/botServices/channels@2022-09-15': { from: 'seen' },
  'Microsoft.BotService/botServices@2022-09-15': { from: 'seen' },
  'Microsoft.ContainerRegistry/registries@2023-07-01': { from: 'seen' },
  'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2024-08-01': { from: 'list', shape: administrator },
  'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01': { from: 'list', shape: database },
  'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01': { from: 'list', shape: server },
  'Microsoft.Insights/diagnosticSettings@2021-05-01-preview': { from: 'seen' },
  'Microsoft.KeyVault/vaults@2023-07-01': { from: 'description' },
  'Microsoft.KeyVault/vaults/keys@2023-07-01': { from: 'description' },
  'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31': { from: 'seen' },
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01': { from: 'seen' },
  'Microsoft.Network/privateDnsZones@2020-06-01': { from: 'seen' },
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01': { from: 'seen' },
  'Microsoft.Network/privateEndpoints@2024-05-01': { from: 'seen' },
  'Microsoft.Network/virtualNetworks@2024-05-01': { from: 'seen' },
  'Microsoft.OperationalInsights/workspaces@2023-09-01': { from: 'seen' },
  'Microsoft.Resources/resourceGroups@2024-03-01': { from: 'description' },
  'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2023-05-01': { from: 'seen' },
  'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01': { from: 'seen' },
  'Microsoft.Storage/storageAccounts/blobServices@2023-05-01': { from: 'seen' },
  'Microsoft.Storage/storageAccounts@2023-05-01': { from: 'seen' },
};

/** What Azure takes as a name ("Naming rules and restrictions for Azure resources"): that of the resource itself, without its parents'. */
export const nameRules: Readonly<Record<string, RegExp>> = {
  'Microsoft.App/containerApps': /^[a-z](?!.*--)[a-z0-9-]{0,30}[a-z0-9]$/,
  'Microsoft.App/managedEnvironments': /^[a-z](?!.*--)[a-z0-9-]{0,58}[a-z0-9]$/,
  'Microsoft.App/managedEnvironments/httpRouteConfigs': /^[a-z][a-z0-9]{2,62}$/,
  'Microsoft.Authorization/roleAssignments': /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'Microsoft.Authorization/roleDefinitions': /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'Microsoft.BotService/botServices': /^[a-zA-Z0-9][\w.-]{1,63}$/,
  'Microsoft.BotService/botServices/channels': /^MsTeamsChannel$/,
  'Microsoft.ContainerRegistry/registries': /^[a-zA-Z0-9]{5,50}$/,
  'Microsoft.DBforPostgreSQL/flexibleServers': /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  'Microsoft.DBforPostgreSQL/flexibleServers/administrators': /^[0-9a-f-]{36}$/,
  'Microsoft.DBforPostgreSQL/flexibleServers/databases': /^[a-z]\w{0,62}$/,
  'Microsoft.Insights/diagnosticSettings': /^[^*<>%:&?+/\\]{1,260}$/,
  'Microsoft.KeyVault/vaults/keys': /^[a-zA-Z0-9-]{1,127}$/,
  'Microsoft.KeyVault/vaults': /^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/,
  'Microsoft.ManagedIdentity/userAssignedIdentities': /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$/,
  'Microsoft.Network/privateDnsZones': /^privatelink\.postgres\.database\.azure\.com$/,
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks': /^[a-zA-Z0-9][\w.-]{0,78}\w$/,
  'Microsoft.Network/privateEndpoints': /^[a-zA-Z0-9][\w.-]{0,62}\w$/,
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups': /^default$/,
  'Microsoft.Network/virtualNetworks': /^[a-zA-Z0-9][\w.-]{0,62}\w$/,
  'Microsoft.OperationalInsights/workspaces': /^[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]$/,
  'Microsoft.Resources/resourceGroups': /^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u,
  'Microsoft.Storage/storageAccounts': /^[a-z0-9]{3,24}$/,
  'Microsoft.Storage/storageAccounts/blobServices': /^default$/,
  'Microsoft.Storage/storageAccounts/blobServices/containers': /^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$/,
  'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies': /^default$/,
};
