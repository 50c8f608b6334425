/** Whether this process can store: by its heartbeats, and by what the database answers to whatever else is asked of it. */
import { openStoring, type Storing } from '../domain/storing.ts';
import type { Log } from '../observability/log.ts';
import { whyRefusedIn } from '../store/db-errors.ts';
import type { OpenStore } from '../store/store.ts';
import type { Readiness } from '../teams/ingress/readiness.ts';

export interface HeardStoring extends Storing {
  /** For the database: every error that it answers with. */
  readonly onError: (error: unknown) => void;
}

/** Said when it changes, not at every click. */
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

/** The last heartbeat was stored, and nothing was refused since. */
export const isStoring = ({ store, storing }: StoringSide): boolean =>
  store.leases.isStoring() && storing.refusal() === null;

/**
 * A database that answers, and takes nothing, is the same for every replica: each stays where calls reach it, for it can say so to
 * people. What may be wrong with this one alone, its clock or its way to the database, is not: others are better asked.
 */
export async function readiness({ store, storing }: StoringSide): Promise<Readiness> {
  if ((await store.clock.look()) !== null) return { status: 'not ready', missing: 'clock' };
  const because = storing.refusal();
  if (because !== null) return { status: 'ready', stores: false, because };
  return store.leases.isStoring() ? { status: 'ready' } : { status: 'not ready', missing: 'database' };
}
