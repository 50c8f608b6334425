/** The state of the Azure simulator. Its names are public: `/simulator/state`. */
import { z } from 'zod';
import { Fault, LatencyName, OperationEnding } from '../fault.ts';

/** All dates in the state are ISO 8601 in UTC. */
const IsoDate = z.iso.datetime();

const place = { subscriptionId: z.string(), resourceGroup: z.string(), name: z.string() };

export const ServicePrincipal = z.object({
  id: z.string(),
  appId: z.string(),
  displayName: z.string(),
  kind: z.enum(['Application', 'ManagedIdentity']),
  /** Null for identities that can't sign in with a secret. */
  secret: z.string().nullable().default(null),
  /** When the secret expires. */
  secretEndsAt: IsoDate.nullable().default(null),
  /** Application permissions of Microsoft Graph that an administrator granted. */
  graphPermissions: z.array(z.string()).default(['Directory.Read.All']),
  /** Until then, role assignments don't find it. */
  replicatedAt: IsoDate,
});
export type ServicePrincipal = z.infer<typeof ServicePrincipal>;

export const User = z.object({
  id: z.string(),
  displayName: z.string(),
  mail: z.string(),
  /** Null for some users that were synchronized before this field existed. */
  userType: z.enum(['Member', 'Guest']).nullable(),
  /** False: the sign-in is blocked. */
  accountEnabled: z.boolean().default(true),
});
export type User = z.infer<typeof User>;

/** Members can be users, service principals and other groups; of a Microsoft 365 group, only users. */
export const UserGroup = z.object({
  id: z.string(),
  displayName: z.string(),
  memberIds: z.array(z.string()),
  /** `Unified`: a Microsoft 365 group. */
  groupTypes: z.array(z.string()).default([]),
});
export type UserGroup = z.infer<typeof UserGroup>;

/** `contexts` are the authentication contexts that the sign-in met. */
const TeamsSession = z.object({
  userId: z.string(),
  signedInAt: IsoDate,
  contexts: z.array(z.string()),
  methods: z.array(z.string()),
});

export const Permission = z.object({
  actions: z.array(z.string()),
  notActions: z.array(z.string()),
  dataActions: z.array(z.string()),
  notDataActions: z.array(z.string()),
  /** Condition of the role itself. It applies in addition to the assignment's condition. */
  condition: z.string().optional(),
  conditionVersion: z.string().optional(),
});
export type Permission = z.infer<typeof Permission>;

export const RoleDefinition = z.object({
  id: z.string(),
  roleName: z.string(),
  description: z.string(),
  type: z.enum(['BuiltInRole', 'CustomRole']),
  permissions: z.array(Permission),
  assignableScopes: z.array(z.string()),
});
export type RoleDefinition = z.infer<typeof RoleDefinition>;

export const RoleAssignment = z.object({
  name: z.string(),
  /** An ARM ID, or `/` for everything. */
  scope: z.string(),
  /** The last segment of the role definition's ID. */
  roleDefinitionId: z.string(),
  principalId: z.string(),
  principalType: z.enum(['ServicePrincipal', 'User', 'Group']).default('ServicePrincipal'),
  description: z.string().nullable().default(null),
  condition: z.string().nullable().default(null),
  conditionVersion: z.string().nullable().default(null),
  createdOn: IsoDate,
  createdBy: z.string(),
  /** Propagation: until then, it isn't effective. */
  effectiveAt: IsoDate,
});
export type RoleAssignment = z.infer<typeof RoleAssignment>;

const Principal = z.object({ id: z.string(), type: z.enum(['SystemDefined', 'ServicePrincipal', 'User', 'Group']) });

/** Clients can't create one: Azure does, for managed applications and deployment stacks. Here, a change of the state does. */
export const DenyAssignment = z.object({
  name: z.string(),
  displayName: z.string(),
  description: z.string().default(''),
  /** An ARM ID, or `/` for everything. */
  scope: z.string(),
  doNotApplyToChildScopes: z.boolean().default(false),
  permissions: z.array(Permission),
  /** All principals: 00000000-0000-0000-0000-000000000000, `SystemDefined`. */
  principals: z.array(Principal),
  excludePrincipals: z.array(Principal).default([]),
});
export type DenyAssignment = z.infer<typeof DenyAssignment>;

export const SystemData = z.object({
  createdBy: z.string(),
  createdByType: z.string(),
  createdAt: IsoDate,
  lastModifiedBy: z.string(),
  lastModifiedByType: z.string(),
  lastModifiedAt: IsoDate,
});
export type SystemData = z.infer<typeof SystemData>;

const modification = (appId: string, now: Date) => ({
  lastModifiedBy: appId,
  lastModifiedByType: 'Application',
  lastModifiedAt: now.toISOString(),
});

/** The system data of a new resource of an application. */
export const createdBy = (appId: string, now: Date): SystemData => ({
  createdBy: appId,
  createdByType: 'Application',
  createdAt: now.toISOString(),
  ...modification(appId, now),
});

/** The same after a later write. */
export const modifiedBy = (before: SystemData, appId: string, now: Date): SystemData => ({
  ...before,
  ...modification(appId, now),
});

export const AgentIdentity = z.object({
  type: z.enum(['SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned', 'None']),
  /** Null without a system-assigned identity, and until the operation that creates it has ended. */
  principalId: z.string().nullable(),
  /** ARM IDs. */
  userAssignedIds: z.array(z.string()).default([]),
});
export type AgentIdentity = z.infer<typeof AgentIdentity>;

export const KeyVaultProperties = z.object({
  keyName: z.string(),
  keyVaultUri: z.string(),
  keyVersion: z.string().nullable(),
  userIdentity: z.string().nullable(),
});
export type KeyVaultProperties = z.infer<typeof KeyVaultProperties>;

/** The part that a write can change. */
export const AgentContent = z.object({
  tags: z.record(z.string(), z.string()).nullable().default(null),
  sku: z.string().default('C0'),
  identity: AgentIdentity.nullable().default(null),
  keyVaultProperties: KeyVaultProperties.nullable().default(null),
});
export type AgentContent = z.infer<typeof AgentContent>;

export const HealthBot = z.object({
  ...place,
  location: z.string(),
  etag: z.string(),
  /** `Accepted` while an operation runs. */
  provisioningState: z.string(),
  /** Why it can't use its key, if agents notice that. */
  lostKey: z.object({ code: z.string(), message: z.string() }).optional(),
  content: AgentContent,
  systemData: SystemData,
});
export type HealthBot = z.infer<typeof HealthBot>;

/** An accepted write to an agent. It ends at `dueAt`; null means never. */
export const AgentOperation = z.object({
  /** `<guid>*<64 hex digits>`, as recorded 2026-02-18 from the real provider. */
  id: z.string(),
  agentId: z.string(),
  location: z.string(),
  status: z.enum(['Working', 'Succeeded', 'Failed', 'Canceled']).default('Working'),
  startTime: IsoDate,
  dueAt: IsoDate.nullable(),
  endTime: IsoDate.nullable().default(null),
  error: z.object({ code: z.string(), message: z.string() }).nullable().default(null),
  /** The content before; null while it is being created. */
  before: AgentContent.nullable(),
  /** True if the key is tested at the end. */
  triesKey: z.boolean().default(false),
  /** True if it deletes the agent. */
  deletes: z.boolean().default(false),
  ending: OperationEnding.default({}),
  /** ID of the fault that keeps it from ending. */
  heldBy: z.string().nullable().default(null),
});
export type AgentOperation = z.infer<typeof AgentOperation>;

const Value = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

/** The supported part of Azure's policy language. Rules with other members are refused. */
export const FieldTest = z.strictObject({
  field: z.string(),
  equals: Value.optional(),
  notEquals: Value.optional(),
  in: Value.optional(),
  notIn: Value.optional(),
  exists: z.union([z.boolean(), z.stringbool()]).optional(),
});
export type FieldTest = z.infer<typeof FieldTest>;

export type Condition =
  | { readonly allOf: readonly Condition[] }
  | { readonly anyOf: readonly Condition[] }
  | { readonly not: Condition }
  | FieldTest;
export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ allOf: z.array(Condition) }),
    z.strictObject({ anyOf: z.array(Condition) }),
    z.strictObject({ not: Condition }),
    FieldTest,
  ]),
);

const Parameter = z.looseObject({ type: z.string(), defaultValue: Value.optional() });

/**
 * A policy that needs a token. `successProbability` is that of the kind `CoinFlip` (recalled). What makes Azure ask for a change
 * reference isn't documented: here a detail does.
 */
const ExternalEvaluation = z.looseObject({
  endpointSettings: z.object({
    kind: z.literal('CoinFlip'),
    details: z.object({
      successProbability: z.union([z.literal(0), z.literal(1)]),
      changeReferenceRequired: z.boolean().default(false),
    }),
  }),
  missingTokenAction: z.string().default('deny'),
  /** ISO 8601. */
  resultLifespan: z.string().default('PT1H'),
});

export const PolicyDefinition = z.object({
  /** The full ARM ID; a built-in one starts with `/providers`. */
  id: z.string(),
  displayName: z.string(),
  description: z.string().default(''),
  /** `Indexed` evaluates only resources with tags and a location. */
  mode: z.enum(['All', 'Indexed']),
  parameters: z.record(z.string(), Parameter).default({}),
  // biome-ignore lint/suspicious/noThenProperty: the language's own word
  policyRule: z.strictObject({ if: Condition, then: z.looseObject({ effect: z.string() }) }),
  externalEvaluationEnforcementSettings: ExternalEvaluation.optional(),
});
export type PolicyDefinition = z.infer<typeof PolicyDefinition>;

export const PolicyAssignment = z.object({
  name: z.string(),
  scope: z.string(),
  displayName: z.string(),
  description: z.string().default(''),
  policyDefinitionId: z.string(),
  parameters: z.record(z.string(), z.object({ value: Value })).default({}),
  notScopes: z.array(z.string()).default([]),
  enforcementMode: z.enum(['Default', 'DoNotEnforce']).default('Default'),
  /** With a message, a refusal gives it as the reason, and has the policies' IDs only in its details. */
  nonComplianceMessages: z.array(z.looseObject({ message: z.string() })).default([]),
});
export type PolicyAssignment = z.infer<typeof PolicyAssignment>;

/** Lifts an assignment at a scope, until a time where one is given (Microsoft, "Azure Policy exemption structure"). */
export const PolicyExemption = z.object({
  name: z.string(),
  scope: z.string(),
  policyAssignmentId: z.string(),
  exemptionCategory: z.enum(['Waiver', 'Mitigated']),
  expiresOn: z.iso.datetime({ offset: true }).optional(),
  displayName: z.string().optional(),
});
export type PolicyExemption = z.infer<typeof PolicyExemption>;

/** Times are Unix seconds, as on Key Vault's wire. */
const versionFields = {
  version: z.string().regex(/^[0-9a-f]{32}$/),
  enabled: z.boolean(),
  nbf: z.number().int().nullable(),
  exp: z.number().int().nullable(),
  created: z.number().int(),
  updated: z.number().int(),
  tags: z.record(z.string(), z.string()).nullable().default(null),
};

/** A version of a secret. Only permitted callers and the simulator's own state get its value. */
export const SecretVersion = z.object({ ...versionFields, value: z.string(), contentType: z.string().nullable() });
export type SecretVersion = z.infer<typeof SecretVersion>;

/** Versions are oldest first. */
export const VaultSecret = z.object({ name: z.string(), versions: z.array(SecretVersion).min(1) });
export type VaultSecret = z.infer<typeof VaultSecret>;

/** A private key as JWK. It never leaves the simulator except in its own state. */
export const PrivateJwk = z.record(z.string(), z.string());
export type PrivateJwk = z.infer<typeof PrivateJwk>;

export const KeyVersion = z.object({
  ...versionFields,
  kty: z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM']),
  keySize: z.number().int().nullable(),
  curve: z.string().nullable(),
  keyOps: z.array(z.string()),
  jwk: PrivateJwk,
});
export type KeyVersion = z.infer<typeof KeyVersion>;

/** Versions are oldest first. */
export const VaultKey = z.object({
  name: z.string(),
  versions: z.array(KeyVersion).min(1),
  /** Set for a soft-deleted key. */
  deletedAt: z.number().int().nullable(),
});
export type VaultKey = z.infer<typeof VaultKey>;

export const KeyPermissions = z.object({
  keys: z.array(z.string()),
  secrets: z.array(z.string()),
  certificates: z.array(z.string()),
  storage: z.array(z.string()),
});
export type KeyPermissions = z.infer<typeof KeyPermissions>;

export const AccessPolicy = z.object({
  tenantId: z.string(),
  objectId: z.string(),
  applicationId: z.string().nullable(),
  permissions: KeyPermissions,
  /** The key permissions that are effective until `effectiveAt`. */
  keysBefore: z.array(z.string()),
  effectiveAt: IsoDate,
});
export type AccessPolicy = z.infer<typeof AccessPolicy>;

export const NetworkAcls = z.object({
  bypass: z.string(),
  defaultAction: z.enum(['Allow', 'Deny']),
  ipRules: z.array(z.object({ value: z.string() })),
  virtualNetworkRules: z.array(z.object({ id: z.string() })),
});
export type NetworkAcls = z.infer<typeof NetworkAcls>;

export const Vault = z.object({
  /** Network access before a scenario closed the vault. */
  openedAgain: z.object({ publicNetworkAccess: z.string(), networkAcls: NetworkAcls.nullable() }).optional(),
  /** The vault's number: its port is the main port plus this. */
  n: z.number().int().positive(),
  port: z.number().int(),
  ...place,
  location: z.string(),
  tags: z.record(z.string(), z.string()).default({}),
  tenantId: z.string(),
  sku: z.enum(['standard', 'premium']).default('standard'),
  enableSoftDelete: z.boolean().default(true),
  softDeleteRetentionInDays: z.number().int().default(90),
  enablePurgeProtection: z.boolean().default(false),
  /** False: the vault uses access policies. */
  enableRbacAuthorization: z.boolean().default(true),
  accessPolicies: z.array(AccessPolicy).default([]),
  networkAcls: NetworkAcls.nullable().default(null),
  publicNetworkAccess: z.enum(['Enabled', 'Disabled', 'SecuredByPerimeter']).default('Enabled'),
  systemData: SystemData,
  keys: z.array(VaultKey).default([]),
  secrets: z.array(VaultSecret).default([]),
});
export type Vault = z.infer<typeof Vault>;

// The whole state of the Azure simulator: one JSON document. It is saved before every answer; tests can read and
// replace it.

/** A bot's registration with Bot Framework, in Azure Resource Manager. */
export const BotService = z.object({
  ...place,
  endpoint: z.string(),
  msaAppId: z.string(),
  msaAppType: z.enum(['SingleTenant', 'UserAssignedMSI', 'MultiTenant']),
  msaAppTenantId: z.string(),
  /** Names of connected channels: `MsTeamsChannel`. */
  channels: z.array(z.string()).default([]),
});
export type BotService = z.infer<typeof BotService>;

/** A vault that can be recovered, with its keys, until its retention ends. */
const DeletedVault = z.object({ vault: Vault, deletedAt: IsoDate });

/** A Log Analytics workspace. Queries use `customerId`, Azure Resource Manager uses `id`. */
export const Workspace = z.object({ id: z.string(), customerId: z.string() });
export type Workspace = z.infer<typeof Workspace>;

/** A call that an agent made to a vault and that isn't logged yet. */
export const AgentCall = z.object({
  at: IsoDate,
  vault: z.string(),
  keyName: z.string(),
  keyVersion: z.string(),
  operation: z.enum(['KeyGet', 'KeyWrap', 'KeyUnwrap']),
  status: z.number().int(),
  principalId: z.string(),
  agentId: z.string(),
  assignmentId: z.string().nullable(),
});
export type AgentCall = z.infer<typeof AgentCall>;

/** Diagnostic settings of all vaults, and the workspace's behavior. */
const LogSettings = z.object({
  /** Delay until a query finds a row; null: as the latency says. */
  takesMs: z.number().int().nonnegative().nullable().default(null),
  /** True if an agent uses its key when the key is set. When the real service does is not documented. */
  agentsUseKeys: z.boolean().default(true),
  /** So much earlier than they were, the agents' calls are in the log. */
  agentsAgoMs: z.number().int().nonnegative().default(0),
});

/** The bot's principal. */
export const hostPrincipalId = '50000000-0000-4000-8000-000000000002';

const seconds = (usual: number) => z.number().int().positive().default(usual);

/** Settings of a tenant or administrator, and behavior of the real service that can't be configured there. */
export const Settings = z.object({
  /** Lifetimes of access tokens. Microsoft's references: about an hour for an application, between 60 and 90 minutes for a person. */
  tokenSeconds: z.object({ application: seconds(3_599), person: seconds(3_899) }).prefault({}),
  /** Maximum entries of one page of an ARM list. */
  pageSize: z.number().int().positive().default(1_000),
  /** How far Resource Graph lags. Microsoft doesn't promise less than minutes. */
  graphLagMs: z.number().int().nonnegative().default(0),
  /** How far reads of agents, vaults, role assignments and their lists lag behind writes. */
  readLagMs: z.number().int().nonnegative().default(0),
  /** Counts requests against the quotas of Azure Resource Manager and Resource Graph; null: only with `realistic` latency. */
  quotas: z.boolean().nullable().default(null),
  /** From a role assignment or access policy until it is effective; null: as the latency says. */
  grantTakesMs: z.number().int().nonnegative().nullable().default(null),
  /** Every application's secret has expired. */
  secretsExpired: z.boolean().default(false),
  /** True if an agent is `Failed` while it can't use its key. What the real service does is not documented. */
  agentsNoticeLostKeys: z.boolean().default(false),
  /** True if a write to an agent with an outdated `If-Match` is refused. Not documented either. */
  agentsHeedConditions: z.boolean().default(true),
  logs: LogSettings.prefault({}),
});
export type Settings = z.infer<typeof Settings>;

/** A change of an agent or a vault, as Resource Graph's table `resourcechanges` has it (Microsoft: "Get resource changes"). */
export const ResourceChange = z.object({
  name: z.string(),
  targetResourceId: z.string(),
  targetResourceType: z.string(),
  changeType: z.enum(['Create', 'Update', 'Delete']),
  at: IsoDate,
  changedBy: z.string(),
  changedByType: z.string(),
  /** Only clients that the page names; null: another one. */
  clientType: z.string().nullable(),
  operation: z.string(),
  correlationId: z.string(),
  changes: z.record(z.string(), z.object({ previousValue: z.unknown(), newValue: z.unknown() })),
});
export type ResourceChange = z.infer<typeof ResourceChange>;

export const Subscription = z.object({ id: z.string(), displayName: z.string() });
export type Subscription = z.infer<typeof Subscription>;

export const ResourceGroup = z.object({ subscriptionId: z.string(), name: z.string(), location: z.string() });
export type ResourceGroup = z.infer<typeof ResourceGroup>;

/** `id` is the ARM ID; its principal is also among the service principals. */
export const UserAssignedIdentity = z.object({
  id: z.string(),
  location: z.string(),
  principalId: z.string(),
  clientId: z.string(),
});
export type UserAssignedIdentity = z.infer<typeof UserAssignedIdentity>;

/** What its provider tells of it. */
export const OtherResource = z.looseObject({
  id: z.string(),
  ...place,
  type: z.string(),
  location: z.string(),
  identity: AgentIdentity.nullish(),
  properties: z.record(z.string(), z.unknown()),
});
export type OtherResource = z.infer<typeof OtherResource>;

export const ManagementLock = z.object({
  name: z.string(),
  scope: z.string(),
  level: z.enum(['CanNotDelete', 'ReadOnly']),
  notes: z.string(),
});
export type ManagementLock = z.infer<typeof ManagementLock>;

export const SimulatorState = z.object({
  tenantId: z.string(),
  /** The port of Azure Resource Manager when the state was last used; vault ports follow it. */
  port: z.number().int(),
  latency: LatencyName.default('realistic'),
  settings: Settings.prefault({}),
  subscriptions: z.array(Subscription),
  resourceGroups: z.array(ResourceGroup),
  principals: z.array(ServicePrincipal),
  users: z.array(User),
  groups: z.array(UserGroup),
  /** Teams sign-ins of people. The default is this morning, with a password. */
  teamsSessions: z.array(TeamsSession).default([]),
  roleDefinitions: z.array(RoleDefinition),
  roleAssignments: z.array(RoleAssignment),
  denyAssignments: z.array(DenyAssignment).default([]),
  /** Providers that a subscription isn't registered for. Their resources can't be created. */
  unregistered: z.array(z.object({ subscriptionId: z.string(), namespace: z.string() })).default([]),
  locks: z.array(ManagementLock),
  /** Custom definitions; built-in ones always exist. */
  policyDefinitions: z.array(PolicyDefinition).default([]),
  policyAssignments: z.array(PolicyAssignment).default([]),
  policyExemptions: z.array(PolicyExemption).default([]),
  userAssignedIdentities: z.array(UserAssignedIdentity),
  botServices: z.array(BotService).default([]),
  workspaces: z.array(Workspace).default([]),
  /** Calls of agents that aren't logged yet. */
  agentCalls: z.array(AgentCall).default([]),
  agents: z.array(HealthBot),
  operations: z.array(AgentOperation),
  vaults: z.array(Vault),
  /** Resources of other types. Of storage accounts, there is also the provider. */
  otherResources: z.array(OtherResource).default([]),
  deletedVaults: z.array(DeletedVault).default([]),
  changes: z.array(ResourceChange).default([]),
  faults: z.array(Fault),
  /** Names of active scenarios that changed more than faults. */
  circumstances: z.array(z.string()).default([]),
});
export type SimulatorState = z.infer<typeof SimulatorState>;
