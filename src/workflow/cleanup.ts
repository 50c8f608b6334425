/** Form cleanup: deletes old forms, closes abandoned ones, and informs people whose background work was lost. */

export interface CleanupPorts {
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
  const sweep = (): void => {
    documents
      .deleteLeftFor(week)
      .catch((error: unknown) => log.warn({ err: error }, 'sweeping old forms did not work'));
  };
  const close = (): void => {
    closeAbandonedForms().catch((error: unknown) =>
      log.warn({ err: error }, 'closing forms that were left did not work'),
    );
  };
  const tell = (): void => {
    recoverLostFormJobs().catch((error: unknown) => log.warn({ err: error }, 'telling of lost looks did not work'));
  };
  const timers = [setInterval(sweep, hour), setInterval(close, minute), setInterval(tell, lookMs)];
  sweep();
  close();
  tell();
  return {
    stop: () => {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
