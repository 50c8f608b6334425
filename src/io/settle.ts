/**
 * Work on several items of which a failed one must not stop the others: people to notify, cards to update, forms to close.
 * Otherwise an item that always fails keeps those after it from ever being done.
 */

/** How long a server refuses calls, as a failure says. */
const waitOf = (failure: unknown): number =>
  (failure as { readonly retryAfterMs?: number } | null | undefined)?.retryAfterMs ?? 0;

/** Throws the failure that asks for the shortest wait, if there is any: what is refused for longer must not delay the others. */
export function throwSoonest(failures: readonly unknown[]): void {
  if (failures.length > 0) throw failures.reduce((one, other) => (waitOf(other) < waitOf(one) ? other : one));
}

/** Waits for all of them. Then returns the results, or throws as {@link throwSoonest} does. */
export async function settleAll<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(work);
  throwSoonest(results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : [])));
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** Does the work for one item after the other. Then throws as {@link settleAll} does, if something failed. */
export async function settleInTurn<T>(items: Iterable<T>, work: (item: T) => Promise<unknown>): Promise<void> {
  const begun: Promise<unknown>[] = [];
  for (const item of items) {
    const current = work(item);
    begun.push(current);
    await current.catch(() => undefined);
  }
  await settleAll(begun);
}
