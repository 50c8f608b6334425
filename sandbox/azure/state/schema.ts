/**
 * The whole state of the Azure simulator: one JSON document. It is saved before every answer; tests can read and replace it.
 */

import { z } from 'zod';
import { Fault } from '../fault.ts';
import { LatencyName } from '../latency.ts';
import { AgentCall, AgentIdentity, AgentOperation, HealthBot } from './agents.ts';
import { IsoDate, place } from './fields.ts';
import { PolicyAssignment, PolicyDefinition, PolicyExemption } from './policies.ts';
import {
  DenyAssignment,
  RoleAssignment,
  RoleDefinition,
  ServicePrincipal,
  TeamsSession,
  User,
  UserGroup,
} from './principals.ts';
import { DeletedVault, Vault } from './vaults.ts';

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

/** A Log Analytics workspace. Queries use `customerId`, Azure Resource Manager uses `id`. */
export const Workspace = z.object({ id: z.string(), customerId: z.string() });
export type Workspace = z.infer<typeof Workspace>;

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
