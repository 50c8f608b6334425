/**
 * Cache of directory entries for configured IDs.
 * Entries last minutes: cards are rendered often, and their names grant nothing. Authorization never uses this cache.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Holders, withAccess } from '../../authorization/role-checks.ts';
import type { Groups } from '../../domain/ports/azure.ts';

const lifetimeMs = 300_000;
/** After a failure, the directory isn't called again for each card. */
const retryAfterMs = 30_000;

interface Known {
  /** Null: neither a group nor a person. `unknown`: the directory didn't answer in time, and no earlier answer is known. */
  readonly entry: Holders | null | 'unknown';
  readonly at: number;
  readonly forMs: number;
}

export function openDirectoryCache(groups: Pick<Groups, 'look'>, allowGuests: boolean, now: () => Date) {
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<void>>();

  async function ask(id: string): Promise<void> {
    // After any failure, a card is shown without the names.
    const found = await groups.look(id).catch(() => null);
    const at = now().getTime();
    known.set(
      id,
      found?.ok
        ? { entry: found.value && withAccess(found.value, allowGuests), at, forMs: lifetimeMs }
        : { entry: known.get(id)?.entry ?? 'unknown', at, forMs: retryAfterMs },
    );
    asking.delete(id);
  }

  return {
    async look(id: string, timeoutMs: number): Promise<Known['entry']> {
      const before = known.get(id);
      // Absolute, so that an entry read while the clock was ahead expires too.
      if (before !== undefined && Math.abs(now().getTime() - before.at) < before.forMs) return before.entry;
      const asked = asking.get(id) ?? ask(id);
      asking.set(id, asked);
      await Promise.race([asked, sleep(timeoutMs, undefined, { ref: false })]);
      return known.get(id)?.entry ?? 'unknown';
    },
  };
}
