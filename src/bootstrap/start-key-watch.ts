/** The key watch: compares agents with what was approved, in one of all replicas at a time. */
import { randomUUID } from 'node:crypto';
import { connectAzure } from '../azure/azure.ts';
import { optionsForAzure } from '../config/azure-from-config.ts';
import { startKeyWatch } from '../workflow/key-watch/schedule.ts';
import { openVerified } from '../workflow/key-watch/verified-agents.ts';
import { watchCycle } from '../workflow/key-watch/watch-cycle.ts';
import type { Infrastructure } from './open-infrastructure.ts';
import type { Stoppable } from './shutdown.ts';

/** Azure's reads can show an older state for so long after a change. */
const longestSettleMs = 2 * 60_000;

export function startWatch(infrastructure: Infrastructure): Stoppable {
  const { config, store, metrics, telemetry, log } = infrastructure;
  const { watchMs: intervalMs } = config;
  if (intervalMs === null) return { stop: async () => undefined };
  const { documents, drifts, clock } = store;
  // Its own clients: a change of a run is made from what that run read.
  const azure = connectAzure({
    ...optionsForAzure(config),
    tracing: telemetry.tracing,
    onFailure: metrics.azureFailed,
  });
  const { requests } = store;
  const { now } = clock;
  const verified = openVerified({ requests, drifts });
  const settleMs = Math.min(intervalMs, longestSettleMs);
  const ports = { azure, requests, drifts, verified, now, settleMs, intervalMs };
  return startKeyWatch({
    ...{ documents, intervalMs, now, random: Math.random, newId: randomUUID, log },
    cycle: (id, cursor, signal) => watchCycle({ ...ports, signal }, id, cursor),
    onCycle: ({ agents }) => metrics.watched([...agents.values()]),
  });
}
