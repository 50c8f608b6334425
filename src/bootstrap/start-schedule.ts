import type { Stoppable } from './shutdown.ts';

interface Schedule {
  readonly everyMs: number;
  /** Called at once, and at each interval at which the call before it has ended. */
  readonly work: () => Promise<unknown>;
  /** Called after a failure. The work is repeated all the same. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Starts a schedule. Work can take longer than its interval, such as while Teams throttles: two at once would do the same twice.
 * `stop` waits for work that is running.
 */
export function startSchedule({ everyMs, work, onFailure }: Schedule): Stoppable {
  let running: Promise<unknown> | null = null;
  const next = (): void => {
    running ??= work()
      .catch(onFailure)
      .finally(() => {
        running = null;
      });
  };
  const timer = setInterval(next, everyMs);
  next();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
