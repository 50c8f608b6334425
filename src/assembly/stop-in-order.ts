/** How the process ends when it is asked to. */

/** A part that was started, or opened, and has to be let go of. */
export interface Part {
  stop(): Promise<void>;
}

/** Once the process is asked to end, stops the parts one after the other, in the order given, and ends. */
export function stopInOrder(parts: readonly Part[]): void {
  let stopping = false;
  // Ctrl-C reaches every process of a terminal, and who started this one then ends it as well.
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    for (const part of parts) await part.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}
