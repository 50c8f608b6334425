import { z } from 'zod';
import { OperationEnding } from './latency.ts';
import { IsoDate } from './schema-directory.ts';

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
  ...{ createdBy: appId, createdByType: 'Application', createdAt: now.toISOString() },
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
  userAssignedIds: z.array(z.string()),
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
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  name: z.string(),
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
