/** What somebody wants to be true: the part that all operations share. What else is in a wish, its operation knows. */
import { z } from 'zod';
import { ArmId } from './ids.ts';

/** A resource in Azure, and of which kind it is. */
export const ResourceRef = z.strictObject({ kind: z.string(), id: ArmId });
export type ResourceRef = z.infer<typeof ResourceRef>;

/**
 * The head of every wish. The closed union is made by the operations' registry, from its list: the domain names no operation,
 * and whoever reads stored events is handed the union's schema.
 */
export interface ChangeSpec {
  readonly operation: string;
  readonly resource: ResourceRef;
}
