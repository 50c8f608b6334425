/**
 * Cache of directory entries for configured IDs.
 * Entries last minutes: cards are rendered often, and their names grant nothing. Authorization never uses this cache.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DirectoryEntry, Groups } from '../../domain/ports/azure.ts';

export interface Lookups {
  /**
   * Null: neither a group nor a person. `unknown`: the directory didn't answer in time, and no earlier answer is known.
   */
  look(id: string, patienceMs: number): Promise<DirectoryEntry | null | 'unknown'>;
}

const keptMs = 300_000;
/** After a failure, the directory isn't called again for each card. */
const spareMs = 30_000;

interface Known {
  readonly entry: DirectoryEntry | null | 'unknown';
  readonly at: number;
  readonly forMs: number;
}

export function openLookups(groups: Pick<Groups, 'look'>, now: () => Date): Lookups {
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<void>>();

  async function ask(id: string): Promise<void> {
    // After any failure, a card is shown without the names.
    const found = await groups.look(id).catch(() => null);
    const at = now().getTime();
    known.set(
      id,
      found?.ok
        ? { entry: found.value, at, forMs: keptMs }
        : { entry: known.get(id)?.entry ?? 'unknown', at, forMs: spareMs },
    );
    asking.delete(id);
  }

  return {
    async look(id, patienceMs) {
      const before = known.get(id);
      // Absolute, so that an entry read while the clock was ahead expires too.
      if (before !== undefined && Math.abs(now().getTime() - before.at) < before.forMs) return before.entry;
      const asked = asking.get(id) ?? ask(id);
      asking.set(id, asked);
      await Promise.race([asked, sleep(patienceMs, undefined, { ref: false })]);
      return known.get(id)?.entry ?? 'unknown';
    },
  };
}
