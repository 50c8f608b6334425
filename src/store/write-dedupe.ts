/**
 * Write dedupe: skips an upsert with the values that this process wrote last. Only the last value counts: A, B, A writes A
 * again. Another replica might have written in between, and concurrent writes can reach the database in either order. So an
 * entry is valid for ten minutes, and not at all if two different values were in flight together.
 */

/** Longest time that another replica's value can go unnoticed. */
const validMs = 600_000;
/** The oldest entry is dropped first, which costs one extra write. */
const maxEntries = 20_000;

interface Entry {
  value: string;
  /** When it was stored, in milliseconds. Null: unknown. */
  storedAt: number | null;
  /** The number of writes in flight, and whether their values differ. */
  writing: number;
  mixed: boolean;
}

/** One value of a row, with the key of its subject, such as a conversation. */
export interface Upsert {
  readonly key: string;
  readonly value: string;
}

export class WriteDedupe {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  /** `now`: a monotonic clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Runs `write` unless all values equal the last written ones. A failed write counts as not written. */
  async write(upserts: readonly Upsert[], write: () => Promise<void>): Promise<void> {
    if (upserts.every((one) => this.#isStored(one))) return;
    const entries = upserts.map((one) => this.#begin(one));
    try {
      await write();
      for (const entry of entries) entry.storedAt = entry.mixed ? null : this.#now();
    } catch (error) {
      for (const entry of entries) entry.storedAt = null;
      throw error;
    } finally {
      for (const entry of entries) {
        entry.writing -= 1;
        if (entry.writing === 0) entry.mixed = false;
      }
    }
  }

  #isStored({ key, value }: Upsert): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.value !== value || entry.storedAt === null) return false;
    return this.#now() - entry.storedAt < validMs;
  }

  #begin({ key, value }: Upsert): Entry {
    const before = this.#entries.get(key);
    if (before !== undefined) this.#entries.delete(key);
    const entry = before ?? { value, storedAt: null, writing: 0, mixed: false };
    if (entry.value !== value) {
      entry.mixed = entry.writing > 0;
      entry.storedAt = null;
      entry.value = value;
    }
    entry.writing += 1;
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > maxEntries && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}
