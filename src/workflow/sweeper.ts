/** Deletes forms that nobody touched for a week. */

export interface SweeperPorts {
  readonly documents: { deleteOlderThan(time: Date): Promise<number> };
  readonly now: () => Date;
  readonly log: { warn(fields: object, message: string): void };
}

const week = 7 * 24 * 3_600_000;
const hour = 3_600_000;

/** Sweeps now and every hour. */
export function startSweeper({ documents, now, log }: SweeperPorts): { stop(): void } {
  const sweep = (): void => {
    documents
      .deleteOlderThan(new Date(now().getTime() - week))
      .catch((error: unknown) => log.warn({ err: error }, 'sweeping old forms did not work'));
  };
  const timer = setInterval(sweep, hour);
  sweep();
  return { stop: () => clearInterval(timer) };
}
