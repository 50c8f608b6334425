/** Everything the local Azure holds. It is one JSON document: saved before every answer, readable and replaceable by tests. */
import { z } from 'zod';
import { Fault } from '../simulator/fault.ts';
import { LatencyName } from './latency.ts';
import { AgentOperation, HealthBot, KeyVaultProperties } from './schema-agents.ts';
import {
  DenyAssignment,
  IsoDate,
  RoleAssignment,
  RoleDefinition,
  ServicePrincipal,
  TeamsSession,
  User,
  UserGroup,
} from './schema-directory.ts';
import { PolicyAssignment, PolicyDefinition } from './schema-policy.ts';
import { Vault } from './schema-vaults.ts';

/** A bot's registration with Bot Framework, as Azure Resource Manager has it. */
export const BotService = z.object({
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  name: z.string(),
  endpoint: z.string(),
  msaAppId: z.string(),
  msaAppType: z.enum(['SingleTenant', 'UserAssignedMSI', 'MultiTenant']),
  msaAppTenantId: z.string(),
  /** Names of those that are connected: `MsTeamsChannel`. */
  channels: z.array(z.string()).default([]),
});
export type BotService = z.infer<typeof BotService>;

/** A vault that can be had back, with its keys, until its retention ends. */
export const DeletedVault = z.object({ vault: Vault, deletedAt: IsoDate });
export type DeletedVault = z.infer<typeof DeletedVault>;

/** An agent that was deleted while its data was under a customer's key. */
const LostData = z.object({ agentId: z.string(), at: IsoDate, key: KeyVaultProperties });

/** A Log Analytics workspace. Queries know it by `customerId`, Azure Resource Manager by `id`. */
export const Workspace = z.object({ id: z.string(), customerId: z.string() });
export type Workspace = z.infer<typeof Workspace>;

/** A call that an agent made to a vault by itself, until it is in the log. */
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

/** What the diagnostic settings of the vaults and the workspace are like; the same for all vaults. */
const LogSettings = z.object({
  /** `nothing`: no vault sends its log. `no-table`: none ever did, so the workspace has no such table. */
  sent: z.enum(['everything', 'nothing', 'no-table']).default('everything'),
  /** What was before is not there; null: all of it is. */
  since: IsoDate.nullable().default(null),
  /** Until a row can be found; null: as long as the pace says. */
  takesMs: z.number().int().nonnegative().nullable().default(null),
  /** Whether an agent uses the key it is put under, there and then. When the real service does is not documented. */
  agentsUseKeys: z.boolean().default(true),
});

/** The principal the managed identity endpoints answer for at first: the bot's own. */
export const hostPrincipalId = '50000000-0000-4000-8000-000000000002';

const seconds = (usual: number) => z.number().int().positive().default(usual);

/** What a tenant or an administrator would configure, and what the real service chooses by itself and nobody can choose there. */
export const Settings = z.object({
  /**
   * How long access tokens live. Microsoft's references: about an hour for an application, 24 hours for a managed identity,
   * between 60 and 90 minutes for a person.
   */
  tokenSeconds: z
    .object({ application: seconds(3_599), managedIdentity: seconds(86_399), person: seconds(3_899) })
    .prefault({}),
  /** The most entries of one page of a list of Azure Resource Manager. */
  pageSize: z.number().int().positive().default(1_000),
  /** How far Resource Graph is behind. The real one was never promised to be less than minutes. */
  graphLagMs: z.number().int().nonnegative().default(0),
  /** How far reads of agents, vaults, role assignments and their lists are behind writes. */
  readLagMs: z.number().int().nonnegative().default(0),
  /**
   * Whether requests are counted against the quotas of Azure Resource Manager and Resource Graph; null: at the `realistic`
   * pace only.
   */
  quotas: z.boolean().nullable().default(null),
  /** From a role assignment or access policy until it counts; null: as long as the pace says. */
  grantTakesMs: z.number().int().nonnegative().nullable().default(null),
  /** Every application's secret is past its date. */
  secretsExpired: z.boolean().default(false),
  /** Whether an agent says `Failed` while it cannot use its key. What the real service does is not documented. */
  agentsNoticeLostKeys: z.boolean().default(false),
  /** Whether a write to an agent that carries `If-Match` is refused where the agent is another by then. Not documented either. */
  agentsHeedConditions: z.boolean().default(true),
  logs: LogSettings.prefault({}),
});
export type Settings = z.infer<typeof Settings>;

/** The identities of the machine whose managed identity endpoints are served here. */
export const HostIdentities = z.object({
  /** A principal's id; null for a machine without one of its own. */
  systemAssigned: z.string().nullable().default(hostPrincipalId),
  /** ARM ids. */
  userAssigned: z.array(z.string()).default([]),
});

export const Subscription = z.object({ id: z.string(), displayName: z.string() });
export type Subscription = z.infer<typeof Subscription>;

export const ResourceGroup = z.object({ subscriptionId: z.string(), name: z.string(), location: z.string() });
export type ResourceGroup = z.infer<typeof ResourceGroup>;

/** `id` is the ARM id; its principal is among the service principals. */
export const UserAssignedIdentity = z.object({
  id: z.string(),
  location: z.string(),
  principalId: z.string(),
  clientId: z.string(),
});
export type UserAssignedIdentity = z.infer<typeof UserAssignedIdentity>;

export const ManagementLock = z.object({
  name: z.string(),
  scope: z.string(),
  level: z.enum(['CanNotDelete', 'ReadOnly']),
  notes: z.string(),
});
export type ManagementLock = z.infer<typeof ManagementLock>;

export const SimulatorState = z.object({
  tenantId: z.string(),
  /** The port of Azure Resource Manager when the state was last used; vault ports are counted from it. */
  port: z.number().int(),
  latency: LatencyName.default('realistic'),
  settings: Settings.prefault({}),
  host: HostIdentities.prefault({}),
  subscriptions: z.array(Subscription),
  resourceGroups: z.array(ResourceGroup),
  principals: z.array(ServicePrincipal),
  users: z.array(User),
  groups: z.array(UserGroup),
  /** How people signed in to Teams, where it matters; else this morning, with a password. */
  teamsSessions: z.array(TeamsSession).default([]),
  roleDefinitions: z.array(RoleDefinition),
  roleAssignments: z.array(RoleAssignment),
  denyAssignments: z.array(DenyAssignment).default([]),
  /** Providers of which nothing can be made in a subscription until it is registered for them. */
  unregistered: z.array(z.object({ subscriptionId: z.string(), namespace: z.string() })).default([]),
  locks: z.array(ManagementLock),
  /** Those that a subscription made itself; the built-in ones are always there. */
  policyDefinitions: z.array(PolicyDefinition).default([]),
  policyAssignments: z.array(PolicyAssignment).default([]),
  userAssignedIdentities: z.array(UserAssignedIdentity),
  botServices: z.array(BotService).default([]),
  workspaces: z.array(Workspace).default([]),
  /** What agents did at vaults that is not in the log yet. */
  agentCalls: z.array(AgentCall).default([]),
  agents: z.array(HealthBot),
  operations: z.array(AgentOperation),
  vaults: z.array(Vault),
  deletedVaults: z.array(DeletedVault).default([]),
  lostData: z.array(LostData).default([]),
  faults: z.array(Fault),
  /** Names of the scenarios that are on and set something here beside faults. */
  circumstances: z.array(z.string()).default([]),
});
export type SimulatorState = z.infer<typeof SimulatorState>;
