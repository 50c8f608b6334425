/** Write health and readiness of this process, by its renewals of claims and the database's errors. */

import { setTimeout as sleep } from 'node:timers/promises';
import { ClockSkewError } from '../domain/clock-skew.ts';
import { writeRejectionIn } from '../domain/database-errors.ts';
import type { Requests } from '../domain/ports/store.ts';
import { refuse } from '../domain/request/refusal.ts';
import { trackWriteHealth, type WriteHealth } from '../domain/write-health.ts';
import type { Log } from '../observability/log.ts';
import type { OpenStore } from '../store/store.ts';
import type { Readiness } from '../teams/ingress/server.ts';

/** Tracks write health, and logs changes only. */
export function logWriteHealth(log: Log) {
  const storing = trackWriteHealth({
    elapsedMs: () => performance.now(),
    onChange(why) {
      if (why === null) log.warn({}, 'the database accepts writes again');
      else log.error({ reason: why }, 'the database refuses writes: nothing can be saved');
    },
  });
  return {
    ...storing,
    onError(error: unknown): void {
      const why = writeRejectionIn(error);
      if (why !== null) storing.refused(why);
    },
  };
}

type WriteHealthSources = Pick<OpenStore, 'jobs'> & { readonly storing: Pick<WriteHealth, 'refusal'> };

/** Returns whether the last renewal of claims was answered and no write was rejected since. */
export const isWritable = ({ jobs, storing }: WriteHealthSources): boolean =>
  jobs.isAnswering() && storing.refusal() === null;

/**
 * Returns the readiness. A database that answers but rejects writes affects every replica alike, so each stays ready and
 * reports it to people. A wrong clock or a lost connection affects this replica only, so traffic should go to others.
 */
export async function readiness(app: WriteHealthSources & Pick<OpenStore, 'clock'>): Promise<Readiness> {
  if ((await app.clock.look()) !== null) return { status: 'not ready', missing: 'clock' };
  const because = app.storing.refusal();
  if (because !== null) return { status: 'ready', stores: false, because };
  return app.jobs.isAnswering() ? { status: 'ready' } : { status: 'not ready', missing: 'database' };
}

/** Refuses an append if the last event is dated in the future. For actions of people, who can try again. */
export const rejectOnClockSkew = (requests: Requests): Requests => ({
  ...requests,
  async append(id, cause, decide) {
    try {
      return await requests.append(id, cause, decide);
    } catch (error) {
      if (error instanceof ClockSkewError) return refuse('clock-not-believed', id);
      throw error;
    }
  },
});

const everyMs = 1_000;

/**
 * Retries an append while the last event is dated in the future, until an operator resolves it. For runs: the results of
 * changes in Azure are stored as soon as possible, and no further change is made before.
 */
export const retryOnClockSkew = (requests: Requests): Requests => ({
  ...requests,
  async append(id, cause, decide) {
    for (;;) {
      try {
        return await requests.append(id, cause, decide);
      } catch (error) {
        if (!(error instanceof ClockSkewError)) throw error;
        await sleep(everyMs);
      }
    }
  },
});
