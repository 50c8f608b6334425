/**
 * Fencing: checks that this process still owns a run. A process that was paused or disconnected until its lease expired
 * might have lost its runs to another. Its memory is stale, so it must end and restart.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { RequestId } from '../domain/ids.ts';
import type { Leases } from '../domain/ports/store.ts';
import type { RunPorts } from './workflow-steps.ts';

export class RunLostError extends Error {
  override readonly name = 'RunLostError';
  constructor(id: RequestId, run: number) {
    super(`run ${run} of ${id} was taken over by another replica, because this one was unresponsive or disconnected`);
  }
}

export interface FencingOptions {
  /** This process's instance ID. */
  readonly executorId: string;
  readonly lease: () => ReturnType<Leases['state']>;
  /** The interval between heartbeats. A valid lease stays valid at least that long, so an answer counts only that long. */
  readonly beatMs: number;
  /** Ends the process. */
  readonly onTaken: (error: RunLostError) => void;
  /** Runs the work. Its calls to Azure, other than reads, check the fence first. */
  readonly withWriteFence: <T>(fence: () => Promise<void>, work: () => Promise<T>) => Promise<T>;
}

/** Resolves if this process owns the run, right after checking. Otherwise ends the process and never resolves. */
async function waitForOwnership(
  { executorId, lease, beatMs, onTaken }: FencingOptions,
  readRun: () => Promise<EngineRun | null>,
  taken: RunLostError,
): Promise<void> {
  for (;;) {
    const askedAt = performance.now();
    const [known, state] = await Promise.all([readRun(), lease()]);
    if (known?.replica !== executorId || state === 'lost') {
      onTaken(taken);
      return new Promise<never>(() => undefined);
    }
    if (state === 'expiring') await pause(beatMs / 2, undefined, { ref: false });
    else if (performance.now() - askedAt < beatMs) return;
  }
}

/** The run's ports with fencing: ownership is checked before each write to the store and each change in Azure. */
export interface FencedPorts {
  readonly ports: RunPorts;
  permitted<T>(work: () => Promise<T>): Promise<T>;
}

export function fencedPorts(
  options: FencingOptions,
  readRun: () => Promise<EngineRun | null>,
  ports: RunPorts,
  { id, run }: { readonly id: RequestId; readonly run: number },
): FencedPorts {
  const mustOwn = (): Promise<void> => waitForOwnership(options, readRun, new RunLostError(id, run));
  const { requests } = ports;
  return {
    ports: {
      ...ports,
      requests: {
        ...requests,
        async append(...given) {
          await mustOwn();
          return requests.append(...given);
        },
      },
    },
    permitted: (work) => options.withWriteFence(mustOwn, work),
  };
}

/** The engine's status of a run. */
export interface EngineRun {
  readonly state: 'going' | 'ended';
  /** The engine's own status, for logs and people. */
  readonly status: string;
  /** The replica that runs it; null: none. */
  readonly replica: string | null;
  readonly workflowVersion: string;
  /** True: it's running in this process. */
  readonly here: boolean;
}
