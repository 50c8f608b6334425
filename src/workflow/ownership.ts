/**
 * Fencing: whether a run is still this process's. A process that was paused, or cut off from the database, until its lease expired
 * can find its runs taken over when it continues. Its memory is old, so it ends and is started again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { RequestId } from '../domain/ids.ts';
import type { Leases } from '../domain/ports/store.ts';
import type { KnownRun } from './known-run.ts';
import type { RunPorts } from './run-plan.ts';

export class RunTaken extends Error {
  override readonly name = 'RunTaken';
  constructor(id: RequestId, run: number) {
    super(
      `run ${run} of ${id} is another replica’s by now: this one was held up, or cut off, until the others took it for dead`,
    );
  }
}

export interface OwnershipOptions {
  /** The start id of this process. */
  readonly executorId: string;
  readonly lease: () => ReturnType<Leases['state']>;
  /** The interval between heartbeats. An answer of the database is used for no longer: so long a valid lease stays valid. */
  readonly beatMs: number;
  /** Ends the process. */
  readonly onTaken: (error: RunTaken) => void;
  /** Runs the work; whatever it sends to Azure beside reads waits for the permit. */
  readonly permitting: <T>(permit: () => Promise<void>, work: () => Promise<T>) => Promise<T>;
}

/** Resolves while the run is this process's, right after it was found so; else ends the process and never resolves. */
async function hold(
  { executorId, lease, beatMs, onTaken }: OwnershipOptions,
  look: () => Promise<KnownRun | null>,
  taken: RunTaken,
): Promise<void> {
  for (;;) {
    const asked = performance.now();
    const [known, state] = await Promise.all([look(), lease()]);
    if (known?.replica !== executorId || state === 'lost') {
      onTaken(taken);
      return new Promise<never>(() => undefined);
    }
    if (state === 'expiring') await pause(beatMs / 2, undefined, { ref: false });
    else if (performance.now() - asked < beatMs) return;
  }
}

/** What a run works with, as long as it is this process's: asked anew before anything is stored, and before each change of Azure. */
export interface Held {
  readonly ports: RunPorts;
  /** For what changes Azure. */
  permitted<T>(work: () => Promise<T>): Promise<T>;
}

export function heldPorts(
  options: OwnershipOptions,
  look: () => Promise<KnownRun | null>,
  ports: RunPorts,
  { id, run }: { readonly id: RequestId; readonly run: number },
): Held {
  const ours = (): Promise<void> => hold(options, look, new RunTaken(id, run));
  const { requests } = ports;
  return {
    ports: {
      ...ports,
      requests: {
        ...requests,
        async append(...given) {
          await ours();
          return requests.append(...given);
        },
      },
    },
    permitted: (work) => options.permitting(ours, work),
  };
}
