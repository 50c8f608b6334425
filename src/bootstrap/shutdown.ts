export interface Stoppable {
  stop(): Promise<void>;
}

/** Also in docs/install/deploy-on-your-own-host.md#run-several-replicas. A kill at any moment loses no stored data, so the wait is limited. */
const stopWithinMs = 25_000;

interface FatalLog {
  fatal(fields: object, message: string): void;
}

/** Reports why a part didn't stop. The parts after it still do. Returns whether it stopped. */
const stopped = (part: Stoppable, log: FatalLog): Promise<boolean> =>
  part.stop().then(
    () => true,
    (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      log.fatal({ err: error }, 'a part of the bot did not stop');
      process.stderr.write(`cmk-bot ends: a part did not stop: ${why}\n`);
      return false;
    },
  );

/**
 * Stops the parts in the given order when the process is asked to end. Exit code 0; 1 if a part failed to stop, or if all
 * together took longer than `withinMs`.
 */
export function stopInOrder(parts: readonly Stoppable[], log: FatalLog, withinMs = stopWithinMs): void {
  let stopping = false;
  // Ctrl-C reaches every process of a terminal, and the parent process then sends a second signal.
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    const seconds = withinMs / 1_000;
    const late = `it did not stop within ${seconds} seconds`;
    setTimeout(() => endProcess(log, { seconds }, 'the bot did not stop in time', late), withinMs);
    let failed = 0;
    for (const part of parts) if (!(await stopped(part, log))) failed += 1;
    process.exit(failed === 0 ? 0 : 1);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

/** Ends the process because of something that it can't recover from. `said`: for people, on standard error. */
export function endProcess(log: FatalLog, fields: object, message: string, said: string): never {
  log.fatal(fields, message);
  process.stderr.write(`cmk-bot ends: ${said}\n`);
  return process.exit(1);
}
