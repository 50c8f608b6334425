/**
 * What was read last of each resource, for the next call about it: each reading counts against the bot's quota, and a change that is
 * made from the reading that was judged is refused by its mark where the resource changed since (docs/decisions/0056).
 */
import type { ArmId } from '../domain/ids.ts';

/** A resource and the mark that Azure gave with it; null: it gave none. */
export interface AzureReading<R> {
  readonly resource: R;
  readonly mark: string | null;
}

interface Kept<R> extends AzureReading<R> {
  readonly at: number;
}

/** Between a step's look and its change, and between a change and its look back, lie milliseconds. */
const youngMs = 5_000;

export class Readings<R> {
  private readonly before = new Map<ArmId, Kept<R>>();
  private readonly after = new Map<ArmId, Kept<R>>();

  /** Keeps a reading for the next change. Without a mark Azure would not refuse one that is made from an old reading. */
  keep(id: ArmId, reading: AzureReading<R>): void {
    if (reading.mark !== null) this.before.set(id, { ...reading, at: performance.now() });
  }

  /** Keeps what was read at the end of a change, for the look back. */
  keepAfter(id: ArmId, reading: AzureReading<R>): void {
    this.after.set(id, { ...reading, at: performance.now() });
  }

  /** The reading that a change is made from, once; null: there is none, or it is old. */
  forChange = (id: ArmId): AzureReading<R> | null => this.take(this.before, id);

  /** The reading that a change ended with, once. */
  afterChange = (id: ArmId): AzureReading<R> | null => this.take(this.after, id);

  /** A change begins: what was read before it is no look back. */
  forget(id: ArmId): void {
    this.before.delete(id);
    this.after.delete(id);
  }

  private take(kept: Map<ArmId, Kept<R>>, id: ArmId): AzureReading<R> | null {
    const found = kept.get(id);
    kept.delete(id);
    return found !== undefined && performance.now() - found.at < youngMs ? found : null;
  }
}
