/** Cleanup: deletes old documents, closes abandoned ones, and informs people whose background work was lost. */

interface CleanupPorts {
  readonly documents: { deleteLeftFor(ms: number): Promise<number> };
  readonly closeAbandonedForms: () => Promise<void>;
  readonly recoverLostFormJobs: () => Promise<void>;
  readonly log: { warn(fields: object, message: string): void };
}

const week = 7 * 24 * 3_600_000;
const hour = 3_600_000;
const minute = 60_000;
const lookMs = 20_000;

/** Starts the timers. Lost work has the shortest interval, because a person is waiting. */
export function startCleanup({ documents, closeAbandonedForms, recoverLostFormJobs, log }: CleanupPorts): {
  stop(): void;
} {
  const quietly = (work: () => Promise<unknown>, failure: string) => (): void => {
    work().catch((error: unknown) => log.warn({ err: error }, failure));
  };
  const jobs = [
    [quietly(() => documents.deleteLeftFor(week), 'sweeping old forms did not work'), hour],
    [quietly(closeAbandonedForms, 'closing forms that were left did not work'), minute],
    [quietly(recoverLostFormJobs, 'telling of lost looks did not work'), lookMs],
  ] as const;
  const timers = jobs.map(([job, everyMs]) => setInterval(job, everyMs));
  for (const [job] of jobs) job();
  return {
    stop: () => {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
