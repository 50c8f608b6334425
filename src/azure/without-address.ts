/** Follows a change for which Azure named no operation: 202 without `Azure-AsyncOperation` and `Location`. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Exchange } from './exchange.ts';

/** Two minutes at the usual pace. A change of an agent usually takes 15 to 90 seconds. */
const mostReads = 24;

/**
 * Waits until the resource shows the change, where the last write was accepted and can't be followed: 202 means "not yet", so what
 * the resource shows first says nothing. Afterwards the caller reads back as always. Ends with the call's own deadline.
 */
export async function untilShown(
  { write, signal }: Pick<Exchange, 'write' | 'signal'>,
  everyMs: number,
  isShown: () => Promise<boolean>,
): Promise<void> {
  if (write?.status !== 202) return;
  if (['azure-asyncoperation', 'location'].some((name) => write.header(name))) return;
  for (let reads = 0; reads < mostReads; reads += 1) {
    await pause(everyMs, undefined, { signal });
    if (await isShown()) return;
  }
}
