/** What a store keeps beside its events and derives from them, as it lay there at one moment. */
import { z } from 'zod';

export const Derived = z.strictObject({
  /** The number of the last event at that moment, as the head has it. */
  seq: z.number(),
  /** How many rows of events there were, whatever their numbers. */
  rows: z.number(),
  open: z.array(z.strictObject({ resource: z.string(), request: z.string() })),
  outbox: z.array(z.strictObject({ request: z.string(), kind: z.string(), key: z.string() })),
  /** Texts of which there is no event. */
  texts: z.array(z.strictObject({ request: z.string(), revision: z.number(), field: z.string() })),
});
export type Derived = z.infer<typeof Derived>;
