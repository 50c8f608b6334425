/** How the process ends when it is asked to. */

/** A part that was started, or opened, and has to be let go of. */
export interface Part {
  stop(): Promise<void>;
}

/** Docs/how-to/scale-out.md names it. What is stored survives a kill at any moment, so the process doesn't wait for ever. */
const stopWithinMs = 25_000;

/** Says why a part didn't stop; the parts after it still do. Returns whether it stopped. */
const stopped = (part: Part): Promise<boolean> =>
  part.stop().then(
    () => true,
    (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      process.stderr.write(`cmk-bot ends: a part did not stop: ${why}\n`);
      return false;
    },
  );

/**
 * When the process is asked to end, stops the parts one after the other, in the order given. Exit code 0; 1 if a part failed to
 * stop, or if all of them together took longer than `withinMs`.
 */
export function stopInOrder(parts: readonly Part[], withinMs = stopWithinMs): void {
  let stopping = false;
  // Ctrl-C reaches every process of a terminal, and who started this one then ends it as well.
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      process.stderr.write(`cmk-bot ends: it did not stop within ${withinMs / 1_000} seconds\n`);
      process.exit(1);
    }, withinMs);
    let failed = 0;
    for (const part of parts) if (!(await stopped(part))) failed += 1;
    process.exit(failed === 0 ? 0 : 1);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}
