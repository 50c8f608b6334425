/**
 * Fencing: checks that this process still owns a run. A process that was paused or disconnected until its lease expired
 * might have lost its runs to another. Its memory is stale, so it must end and restart.
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
  /** This process's instance ID. */
  readonly executorId: string;
  readonly lease: () => ReturnType<Leases['state']>;
  /** The interval between heartbeats. A valid lease stays valid at least that long, so an answer counts only that long. */
  readonly beatMs: number;
  /** Ends the process. */
  readonly onTaken: (error: RunTaken) => void;
  /** Runs the work. Its calls to Azure, other than reads, check the fence first. */
  readonly withWriteFence: <T>(fence: () => Promise<void>, work: () => Promise<T>) => Promise<T>;
}

/** Resolves if this process owns the run, right after checking. Otherwise ends the process and never resolves. */
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

/** The run's ports with fencing: ownership is checked before each write to the store and each change in Azure. */
export interface Held {
  readonly ports: RunPorts;
  /** For work that changes Azure. */
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
    permitted: (work) => options.withWriteFence(ours, work),
  };
}
