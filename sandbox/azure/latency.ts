/** How long everything takes in Azure. */

import { z } from 'zod';

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
