import { z } from 'zod';
import { IsoDate } from './schema-directory.ts';

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
export const LogSettings = z.object({
  /** `nothing`: no vault sends its log. `no-table`: none ever did, so the workspace has no such table. */
  sent: z.enum(['everything', 'nothing', 'no-table']).default('everything'),
  /** What was before is not there; null: all of it is. */
  since: IsoDate.nullable().default(null),
  /** Until a row can be found; null: as long as the pace says. */
  takesMs: z.number().int().nonnegative().nullable().default(null),
  /** Whether an agent uses the key it is put under, there and then. When the real service does is not documented. */
  agentsUseKeys: z.boolean().default(true),
});
