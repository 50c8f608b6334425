/**
 * What the directory said last of the configured ids. Kept for minutes: cards are drawn often, and names on them permit
 * nothing. Who may decide is never answered from here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DirectoryEntry, Groups } from '../../domain/ports/azure.ts';

export interface Lookups {
  /** Null: neither a group nor a person. `unknown`: the directory did not say, now or within the patience, nor before. */
  look(id: string, patienceMs: number): Promise<DirectoryEntry | null | 'unknown'>;
}

const keptMs = 300_000;
/** A directory that does not answer is not asked again for every card. */
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
    // Whatever goes wrong here, a card is shown without the names.
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
      // What was read while the clock was ahead is not younger for that.
      if (before !== undefined && Math.abs(now().getTime() - before.at) < before.forMs) return before.entry;
      const asked = asking.get(id) ?? ask(id);
      asking.set(id, asked);
      await Promise.race([asked, sleep(patienceMs, undefined, { ref: false })]);
      return known.get(id)?.entry ?? 'unknown';
    },
  };
}
