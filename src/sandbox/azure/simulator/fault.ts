import { z } from 'zod';
import { OperationEnding } from '../state/latency.ts';

/**
 * Something that goes wrong on purpose. `match.url` is a regular expression on the whole URL or on its path. `respond`
 * answers instead of Azure, which does nothing then. `drop` cuts the connection without an answer: after Azure has done the
 * work, or, together with `respond`, before it does any. `delayMs` waits before the work, at most until all faults are taken
 * away. `late` cuts the connection at once, and the work is done all the same, after `delayMs`. `deny` treats the caller as one without the right, in the service's own words; `expireToken` takes the caller's token
 * for one that has expired. `lose` takes members out of the body that arrives, so that the
 * write is accepted, ends well and has changed nothing there. `operation` says how the next operation ends that such a write
 * to an agent starts: a write that is refused starts none, and does not count. It stands alone.
 */
const anyFault = z.strictObject({
  /** What it is taken away by. Posted again, it replaces the one that is there; without one it gets one. */
  id: z.string().min(1).max(100).optional(),
  match: z.strictObject({
    method: z.string().optional(),
    url: z.string().optional(),
    /** A member that the body must carry, as a dotted path; null counts as carried. */
    carries: z.string().min(1).optional(),
  }),
  /** How many more requests it hits; without it, all until it is taken away. */
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
  late: z.literal(true).optional(),
  deny: z.literal(true).optional(),
  expireToken: z.literal(true).optional(),
  /** Members of the body as dotted paths, `properties.keyVaultProperties`; hits only requests that carry one of them. */
  lose: z.array(z.string().min(1)).min(1).optional(),
  operation: OperationEnding.optional(),
});

const standsAlone = ({
  operation,
  respond,
  delayMs,
  drop,
  late,
  deny,
  expireToken,
  lose,
}: z.infer<typeof anyFault>): boolean =>
  operation === undefined ||
  [respond, delayMs, drop, late, deny, expireToken, lose].every((other) => other === undefined);

export const Fault = anyFault.refine(standsAlone, '`operation` goes with no other effect: post two faults.');
export type Fault = z.infer<typeof Fault>;
