/** Data that the database derives from events, read at one moment. */
import { z } from 'zod';

export const Derived = z.strictObject({
  /** Sequence number of the last event, from the chain head. */
  seq: z.number(),
  /** Number of event rows, whatever their sequence numbers. */
  rows: z.number(),
  open: z.array(z.strictObject({ resource: z.string(), request: z.string() })),
  outbox: z.array(z.strictObject({ request: z.string(), kind: z.string(), key: z.string() })),
  /** Texts without an event. */
  texts: z.array(z.strictObject({ request: z.string(), revision: z.number(), field: z.string() })),
});
export type Derived = z.infer<typeof Derived>;
