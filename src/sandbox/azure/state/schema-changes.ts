import { z } from 'zod';
import { IsoDate } from './schema-directory.ts';

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
