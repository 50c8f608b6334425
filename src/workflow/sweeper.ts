/** Looks after forms: deletes those that nobody touched for a week, and has those closed that nobody goes on with. */

export interface SweeperPorts {
  readonly documents: { deleteOlderThan(time: Date): Promise<number> };
  readonly closeLeftForms: () => Promise<void>;
  readonly now: () => Date;
  readonly log: { warn(fields: object, message: string): void };
}

const week = 7 * 24 * 3_600_000;
const hour = 3_600_000;
const minute = 60_000;

/** Sweeps old ones now and every hour, left ones now and every minute. */
export function startSweeper({ documents, closeLeftForms, now, log }: SweeperPorts): { stop(): void } {
  const sweep = (): void => {
    documents
      .deleteOlderThan(new Date(now().getTime() - week))
      .catch((error: unknown) => log.warn({ err: error }, 'sweeping old forms did not work'));
  };
  const close = (): void => {
    closeLeftForms().catch((error: unknown) => log.warn({ err: error }, 'closing forms that were left did not work'));
  };
  const timers = [setInterval(sweep, hour), setInterval(close, minute)];
  sweep();
  close();
  return {
    stop: () => {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
