/** Queries of Azure Resource Graph: all pages of one, and all subscriptions that can be read. */
import { z } from 'zod';
import { done, failed, type Outcome } from '../../domain/failure.ts';
import type { UnreadSubscription } from '../../domain/ports/inventory.ts';
import type { AzureClients } from '../connection/azure-clients.ts';
import { inParallel } from '../connection/limits.ts';

/** Resource Graph's largest page, and a generous limit of pages. */
export const pageSize = 1000;
const maxPages = 100;

/** Reads all rows of a query, page by page. Skips rows with an unexpected shape: one odd resource must not hide the others. */
export async function rows<T>(
  clients: AzureClients,
  subscriptions: readonly string[],
  query: string,
  row: z.ZodType<T>,
): Promise<T[]> {
  // For Resource Graph, an empty list means all subscriptions.
  if (subscriptions.length === 0) return [];
  const client = clients.resourceGraph();
  const found: T[] = [];
  let skipToken: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const options = { top: pageSize, resultFormat: 'objectArray' as const, ...(skipToken ? { skipToken } : {}) };
    const answer = await client.resources({ subscriptions: [...subscriptions], query, options });
    for (const item of z.array(z.unknown()).parse(answer.data)) {
      const read = row.safeParse(item);
      if (read.success) found.push(read.data);
    }
    if (!answer.skipToken) break;
    skipToken = answer.skipToken;
  }
  return found;
}

/** Maximum number of queries per read. Remaining subscriptions are reported as unread, with the failure of their part. */
const maxQueries = 40;

/**
 * Lists in all subscriptions at once. Resource Graph refuses the whole query if one subscription isn't readable. Then the list
 * is split in halves, down to the refused subscriptions. Temporary failures aren't split. Fails if none is readable.
 */
export async function listReadable<T>(
  subscriptions: readonly string[],
  list: (some: readonly string[]) => Promise<Outcome<readonly T[]>>,
): Promise<Outcome<{ readonly found: readonly T[]; readonly unread: readonly UnreadSubscription[] }>> {
  const all: T[] = [];
  const unread: UnreadSubscription[] = [];
  let parts: readonly (readonly string[])[] = [subscriptions];
  for (let queries = 0; parts.length > 0; queries += parts.length) {
    const answers = await inParallel(parts, async (part) => ({ part, found: await list(part) }));
    const halves: (readonly string[])[] = [];
    for (const { part, found } of answers) {
      if (found.ok) all.push(...found.value);
      else if (part.length === 1 || found.failure.next !== 'ask' || queries >= maxQueries)
        unread.push(...part.map((subscriptionId) => ({ subscriptionId, failure: found.failure })));
      else halves.push(part.slice(0, part.length / 2), part.slice(part.length / 2));
    }
    parts = halves;
  }
  const [first] = unread;
  return first !== undefined && unread.length === subscriptions.length
    ? failed(first.failure)
    : done({ found: all, unread });
}
