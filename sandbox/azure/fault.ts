/** Faults as scripts describe them, and how long everything takes. */
import { z } from 'zod';
import { faultFields, matchFields } from '../http.ts';

/** How long Azure takes for what isn't immediate, in milliseconds. */
export interface Latency {
  /** A write to a healthcare agent service that doesn't set a key. */
  readonly agentWrite: number;
  /** A write that sets a key: the service tests the key at the end. */
  readonly keyWrite: number;
  /** From creation of an identity until role assignments accept it. */
  readonly replication: number;
  /** From a role assignment or access policy until it is effective. */
  readonly propagation: number;
  /** From a call to a vault until a query finds its log row. */
  readonly logs: number;
  /** From a write to Azure Resource Manager until the Activity Log has it. */
  readonly activityLog: number;
}

export const LatencyName = z.enum(['instant', 'realistic']);
export type LatencyName = z.infer<typeof LatencyName>;

/**
 * `realistic` keeps the proportions of the real service, scaled so that a request takes about half a minute.
 * In Azure, a write took 13 to 90 s (recorded 2026-02-18 from the real provider). A role assignment takes minutes
 * (Microsoft's Key Vault RBAC guide: "Allow several minutes"). Resource logs take 3 to 10 minutes, the Activity Log 3 to
 * 20 ("Log data ingestion time in Azure Monitor").
 */
export const latencies: Readonly<Record<LatencyName, Latency>> = {
  instant: { agentWrite: 0, keyWrite: 0, replication: 0, propagation: 0, logs: 0, activityLog: 0 },
  realistic: {
    agentWrite: 4_000,
    keyWrite: 5_000,
    replication: 2_000,
    propagation: 6_000,
    logs: 20_000,
    activityLog: 30_000,
  },
};

export const later = (now: Date, milliseconds: number): string => new Date(now.getTime() + milliseconds).toISOString();

export const reached = (time: string, now: Date): boolean => Date.parse(time) <= now.getTime();

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
