/**
 * Whether a run is still this process's. A process that stood still, or was cut off from the database, for so long that others
 * took it for dead finds its runs in other hands when it goes on; whatever it holds in memory is old. So it ends, and whatever
 * keeps it running starts it anew.
 */
import type { RequestId } from '../domain/ids.ts';
import type { KnownRun } from './known-run.ts';
import type { RunPorts } from './run-plan.ts';

/** So long an answer of the database is believed: a process may be held up right behind it. */
const freshMs = 1_000;

export class RunTaken extends Error {
  override readonly name = 'RunTaken';
  constructor(id: RequestId, run: number) {
    super(
      `run ${run} of ${id} is another replica’s by now: this one was held up, or cut off, until the others took it for dead`,
    );
  }
}

export interface OwnershipOptions {
  /** Stable name of this replica. */
  readonly executorId: string;
  /** Whether no other process goes by that name. */
  readonly isStillMe: () => Promise<boolean>;
  /** Ends the process. */
  readonly onTaken: (error: RunTaken) => void;
  /** Runs the work; whatever it sends to Azure beside reads waits for the permit. */
  readonly permitting: <T>(permit: () => Promise<void>, work: () => Promise<T>) => Promise<T>;
}

/** Resolves while the run is this process's, right after it was found so; else ends the process and never resolves. */
async function hold(
  { executorId, isStillMe, onTaken }: OwnershipOptions,
  look: () => Promise<KnownRun | null>,
  taken: RunTaken,
): Promise<void> {
  for (;;) {
    const asked = performance.now();
    const [known, isMe] = await Promise.all([look(), isStillMe()]);
    if (known?.replica !== executorId || !isMe) {
      onTaken(taken);
      return new Promise<never>(() => undefined);
    }
    if (performance.now() - asked < freshMs) return;
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
