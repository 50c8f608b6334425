/** Healthcare agent services as they are stored, their operations, and their calls to vaults. */

import { z } from 'zod';
import { OperationEnding } from '../fault.ts';
import { IsoDate, place, SystemData } from './fields.ts';

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
