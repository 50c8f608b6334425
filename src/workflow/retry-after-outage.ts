/**
 * Automatic retry after an outage. The job exists until the request is retried or a person acts, so a restart doesn't
 * lose it. The retry is stored once, by its cause.
 */
import { catchFailure } from '../domain/failure.ts';
import type { RequestId } from '../domain/ids.ts';
import type { RescheduleAt } from '../domain/request/consequences.ts';
import { decide } from '../domain/request/decide.ts';
import { retriesAutomatically } from '../domain/request/decide-attention.ts';
import { ownKeyOf } from '../domain/request/request.ts';
import { operationOf } from '../operations/registry.ts';
import type { RunPorts } from './workflow-steps.ts';

interface RetryAfterOutagePorts extends Pick<RunPorts, 'requests' | 'azure' | 'retryLimits' | 'random' | 'now'> {
  /** True: this process changes nothing in Azure. */
  readonly paused: boolean;
}

/** Mean interval between two checks, in first waits. Default: a minute. */
const checkEvery = 6;

/** Returns the interval with a jitter of half of it, so that the requests of one outage don't all retry at once. */
function jittered({ retryLimits, random }: RetryAfterOutagePorts): number {
  const [byte = 0] = random(1);
  return Math.round(checkEvery * retryLimits.firstWaitMs * (0.5 + byte / 255));
}

/** Checks once whether Azure answers, and then retries. Returns when to check again, or null when a run follows or a person acted. */
export const openRetryAfterOutage =
  (ports: RetryAfterOutagePorts) =>
  async (id: RequestId, asking: number): Promise<RescheduleAt | null> => {
    const { requests, azure, now, paused } = ports;
    const request = await requests.load(id);
    if (request === null || request.asking !== asking || !retriesAutomatically(request)) return null;
    const again = { afterMs: jittered(ports) };
    const sinceMs = now().getTime() - Date.parse(request.askedAt);
    if (paused || sinceMs < again.afterMs / 3) return again;
    const { spec } = request.plan;
    const observed = await catchFailure(() => operationOf(spec).observe(azure, spec, ownKeyOf(request)));
    if (!observed.ok) return again;
    await requests.append(id, `retry-after-outage/${asking}`, (current, at) =>
      decide(current, { do: 'retry-automatically', asking }, at),
    );
    return null;
  };
