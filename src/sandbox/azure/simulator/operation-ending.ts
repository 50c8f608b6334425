import { z } from 'zod';

/**
 * How a fault makes an operation on an agent end. What it leaves out goes as it would by itself: the key is tried, and an
 * operation that fails leaves the agent `Failed`, with what it had before.
 */
export const OperationEnding = z.strictObject({
  /** `Lost`: it was accepted, and is not known any more, nor is there anything of the change. */
  status: z.enum(['Succeeded', 'Failed', 'Canceled', 'Lost']).optional(),
  /** `for-ever` is until the fault is taken away by its id; where a count used the fault up, it really is for ever. */
  takesMs: z.union([z.number().int().nonnegative(), z.literal('for-ever')]).optional(),
  /** What an operation that did not succeed leaves of the change. Never recorded for this service: both are possible. */
  change: z.enum(['kept', 'rolled-back']).optional(),
  /** What the agent says afterwards, where that is not the status of the operation. */
  provisioningState: z.string().min(1).optional(),
  error: z.strictObject({ code: z.string().min(1), message: z.string().min(1) }).optional(),
  /** The write is not answered before it has ended, with 200 and no operation to follow. */
  answersAtOnce: z.literal(true).optional(),
});
export type OperationEnding = z.infer<typeof OperationEnding>;
