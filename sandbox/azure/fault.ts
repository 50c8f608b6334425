/** Faults as scripts describe them. */

import { z } from 'zod';
import { faultFields, matchFields } from '../http.ts';

/**
 * How a fault ends an operation on an agent.
 * Members that are left out keep their normal behavior: the key is tested, and a failed operation leaves the agent
 * `Failed`, with its previous content.
 */
export const OperationEnding = z.strictObject({
  /** `Lost`: it was accepted, but then neither the operation nor the change exists. */
  status: z.enum(['Succeeded', 'Failed', 'Canceled', 'Lost']).optional(),
  /** `for-ever` lasts until the fault is removed by its ID; if a count used up the fault, it really lasts forever. */
  takesMs: z.union([z.number().int().nonnegative(), z.literal('for-ever')]).optional(),
  /** What an unsuccessful operation leaves of the change. Never recorded for this service: both are possible. */
  change: z.enum(['kept', 'rolled-back']).optional(),
  /** The agent's state afterwards, if it isn't the status of the operation. */
  provisioningState: z.string().min(1).optional(),
  error: z.strictObject({ code: z.string().min(1), message: z.string().min(1) }).optional(),
  /** The write answers only after it ended, with 200 and no operation to poll. */
  answersAtOnce: z.literal(true).optional(),
});
export type OperationEnding = z.infer<typeof OperationEnding>;

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
  /** Members of the body as dotted paths, such as `properties.keyVaultProperties`. Affects only requests that contain one of them. */
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
