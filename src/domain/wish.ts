/** Change specs: what a request asks for. This is the part that all operations share; each operation adds its own fields. */
import { z } from 'zod';
import { ArmId } from './ids.ts';

/** An Azure resource and its kind. */
export const ResourceRef = z.strictObject({ kind: z.string(), id: ArmId });
export type ResourceRef = z.infer<typeof ResourceRef>;

/**
 * The common fields of every change spec. The operations' registry builds the closed union, so the domain names no
 * operation. Readers of stored events get the union's schema as an argument.
 */
export interface ChangeSpec {
  readonly operation: string;
  readonly resource: ResourceRef;
}
