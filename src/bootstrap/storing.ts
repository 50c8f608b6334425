/** Write health and readiness of this process, by its heartbeats and the database's errors. */
import { openStoring, type Storing } from '../domain/storing.ts';
import type { Log } from '../observability/log.ts';
import { whyRefusedIn } from '../store/db-errors.ts';
import type { OpenStore } from '../store/store.ts';
import type { Readiness } from '../teams/ingress/readiness.ts';

export interface HeardStoring extends Storing {
  /** Reports any error that the database returns. */
  readonly onError: (error: unknown) => void;
}

/** Tracks write health, and logs changes only. */
export function heardStoring(log: Log): HeardStoring {
  const storing = openStoring({
    elapsedMs: () => performance.now(),
    onChange(why) {
      if (why === null) log.warn({}, 'what is given is stored again');
      else log.error({ reason: why }, 'nothing can be stored: the database takes nothing');
    },
  });
  return {
    ...storing,
    onError(error) {
      const why = whyRefusedIn(error);
      if (why !== null) storing.refused(why);
    },
  };
}

export interface StoringSide {
  readonly store: Pick<OpenStore, 'leases' | 'clock'>;
  readonly storing: Storing;
}

/** Returns whether the last heartbeat was stored and no write was rejected since. */
export const isStoring = ({ store, storing }: StoringSide): boolean =>
  store.leases.isStoring() && storing.refusal() === null;

/**
 * Returns the readiness. A database that answers but rejects writes affects every replica alike, so each stays ready and
 * reports it to people. A wrong clock or a lost connection affects this replica only, so traffic should go to others.
 */
export async function readiness({ store, storing }: StoringSide): Promise<Readiness> {
  if ((await store.clock.look()) !== null) return { status: 'not ready', missing: 'clock' };
  const because = storing.refusal();
  if (because !== null) return { status: 'ready', stores: false, because };
  return store.leases.isStoring() ? { status: 'ready' } : { status: 'not ready', missing: 'database' };
}
