import { z } from 'zod';

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
