/** Everything the local Azure holds. It is one JSON document: saved before every answer, readable and replaceable by tests. */
import { z } from 'zod';
import { Fault } from '../simulator/fault.ts';
import { LatencyName } from './latency.ts';
import { AgentOperation, HealthBot } from './schema-agents.ts';
import { BotService } from './schema-bots.ts';
import { DeletedVault, LostData } from './schema-deleted.ts';
import {
  DenyAssignment,
  RoleAssignment,
  RoleDefinition,
  ServicePrincipal,
  TeamsSession,
  User,
  UserGroup,
} from './schema-directory.ts';
import { AgentCall, Workspace } from './schema-logs.ts';
import { PolicyAssignment, PolicyDefinition } from './schema-policy.ts';
import { HostIdentities, Settings } from './schema-settings.ts';
import { Vault } from './schema-vaults.ts';

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
