import { z } from 'zod';
import { faultFields, matchFields } from '../../faults.ts';
import { OperationEnding } from '../state/latency.ts';

/**
 * A failure on purpose.
 * `respond`: answers instead of Azure, which does nothing.
 * `drop`: closes the connection without an answer, after the work; with `respond`, before it.
 * `delayMs`: waits before the work, at most until all faults are removed.
 * `late`: closes the connection at once, but does the work, after `delayMs`.
 * `deny`: treats the caller as one without permission, with the service's own text.
 * `expireToken`: treats the caller's token as expired.
 * `lose`: removes members from the body, so that the write succeeds but doesn't change them.
 * `operation`: sets how the operation ends that this write to an agent starts. A refused write starts none and doesn't
 * count. Can't be combined with other effects.
 */
const anyFault = z.strictObject({
  ...faultFields,
  match: z.strictObject({
    ...matchFields,
    /** A member that the body must contain, as a dotted path; null counts. */
    carries: z.string().min(1).optional(),
  }),
  drop: z.literal(true).optional(),
  late: z.literal(true).optional(),
  deny: z.literal(true).optional(),
  expireToken: z.literal(true).optional(),
  /**
   * Members of the body as dotted paths, such as `properties.keyVaultProperties`. Affects only requests that contain
   * one of them.
   */
  lose: z.array(z.string().min(1)).min(1).optional(),
  operation: OperationEnding.optional(),
});

/** Effects besides a delay. */
const effects = ['respond', 'drop', 'late', 'deny', 'expireToken', 'lose'] as const;
const hasEffect = (fault: z.infer<typeof anyFault>): boolean => effects.some((name) => fault[name] !== undefined);

/** Returns true for a lasting delay, which combines with other faults. A counted delay is a fault of its own. */
export const onlySlows = (fault: Fault): boolean => fault.times === undefined && !hasEffect(fault);

const standsAlone = (fault: z.infer<typeof anyFault>): boolean =>
  fault.operation === undefined || (fault.delayMs === undefined && !hasEffect(fault));

export const Fault = anyFault.refine(standsAlone, '`operation` goes with no other effect: post two faults.');
export type Fault = z.infer<typeof Fault>;
