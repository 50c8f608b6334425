import { z } from 'zod';

/**
 * Something that goes wrong on purpose. `match.url` is a regular expression on the whole URL or on its path. `respond`
 * answers instead of Azure, which does nothing then. `drop` cuts the connection without an answer: after Azure has done the
 * work, or, together with `respond`, before it does any. `delayMs` waits before the work.
 */
export const Fault = z.strictObject({
  match: z.strictObject({ method: z.string().optional(), url: z.string().optional() }),
  /** How many more requests it hits; without it, all until the faults are deleted. */
  times: z.number().int().positive().optional(),
  respond: z
    .strictObject({
      status: z.number().int().min(100).max(599),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.unknown().optional(),
    })
    .optional(),
  delayMs: z.number().int().nonnegative().optional(),
  drop: z.literal(true).optional(),
});
export type Fault = z.infer<typeof Fault>;
