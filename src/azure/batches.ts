/** How many reads go out side by side: more may become a burst that Azure throttles. */
const atOnce = 8;

/** Does the same with every item, some at once; results in the order of the items. */
export async function inBatches<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<readonly R[]> {
  const found: R[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    found.push(...(await Promise.all(items.slice(start, start + atOnce).map(read))));
  }
  return found;
}
