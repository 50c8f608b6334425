/**
 * What this process wrote last, so that what is there already is not written again. It is always the last value that counts,
 * never one of several: A, B, A writes A again. Another replica may have written in between, and what a writer is told last is
 * not what the database did last where two write at once: so nothing is believed for long, and nothing of which two different
 * values were under way together.
 */

/** Another replica's word stands no longer than this against what is seen here. */
const believedMs = 600_000;
/** The longest unwritten is forgotten first. Forgetting writes once more than needed. */
const mostKept = 20_000;

interface Entry {
  value: string;
  /** When it was stored, in milliseconds; null: it is not known what is. */
  storedAt: number | null;
  /** How many writes are under way, and whether they are of different values. */
  writing: number;
  mixed: boolean;
}

/** The key of something, such as a conversation's, and all that its row would say. */
export interface Said {
  readonly key: string;
  readonly value: string;
}

export class LastWritten {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  /** `now` in milliseconds, of a clock that is never set back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Writes, unless all of this was what was written last. What failed was not written. */
  async write(said: readonly Said[], write: () => Promise<void>): Promise<void> {
    if (said.every((one) => this.#isThere(one))) return;
    const entries = said.map((one) => this.#begin(one));
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

  #isThere({ key, value }: Said): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.value !== value || entry.storedAt === null) return false;
    return this.#now() - entry.storedAt < believedMs;
  }

  #begin({ key, value }: Said): Entry {
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
    if (this.#entries.size > mostKept && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}
