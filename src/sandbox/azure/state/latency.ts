import { z } from 'zod';

/** How long Azure takes, in milliseconds, for what does not happen at once. */
export interface Latency {
  /** Any write to a healthcare agent service other than one that sets a key. */
  readonly agentWrite: number;
  /** A write that sets a key: the service tries the key at the end. */
  readonly keyWrite: number;
  /** From the birth of an identity until role assignments accept it. */
  readonly replication: number;
  /** From a role assignment or access policy until it counts. */
  readonly propagation: number;
  /** From a call to a vault until its row can be found in the workspace. */
  readonly logs: number;
}

export const LatencyName = z.enum(['instant', 'realistic']);
export type LatencyName = z.infer<typeof LatencyName>;

/**
 * `realistic` keeps the proportions of the real service and is scaled so that a whole request takes about half a minute.
 * The real one was seen to take 13 to 90 s for a write (recorded 2026-02-18 from the real provider) and minutes for a
 * grant (Microsoft's Key Vault RBAC guide: "Allow several minutes"); logs of resources take 3 to 10 minutes ("Log data
 * ingestion time in Azure Monitor").
 */
export const latencies: Readonly<Record<LatencyName, Latency>> = {
  instant: { agentWrite: 0, keyWrite: 0, replication: 0, propagation: 0, logs: 0 },
  realistic: { agentWrite: 4_000, keyWrite: 5_000, replication: 2_000, propagation: 6_000, logs: 20_000 },
};

export const later = (now: Date, milliseconds: number): string => new Date(now.getTime() + milliseconds).toISOString();

export const reached = (time: string, now: Date): boolean => Date.parse(time) <= now.getTime();

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
