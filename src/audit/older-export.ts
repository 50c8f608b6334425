/** What an older export knows of the record: all of it must still be there, unchanged. */
import type { ChainLine } from '../domain/record/chain.ts';

export class OlderExport {
  readonly #hashes = new Map<number, string>();

  add({ seq, hash }: Pick<ChainLine, 'seq' | 'hash'>): void {
    this.#hashes.set(seq, hash);
  }

  get events(): number {
    return this.#hashes.size;
  }

  /** How many of its events were asked for. */
  asked = 0;

  /** Null where it knows nothing of the line, or the same. Each line is asked for once. */
  against({ seq, hash }: Pick<ChainLine, 'seq' | 'hash'>): string | null {
    const known = this.#hashes.get(seq);
    if (this.#hashes.delete(seq)) this.asked += 1;
    return known === undefined || known === hash ? null : `hash: kept was ${known}, found ${hash}`;
  }

  /** The first and the last that were never asked for; null where there are none behind that place. */
  missing(after: number): { readonly first: number; readonly last: number } | null {
    const left = [...this.#hashes.keys()].filter((seq) => seq > after);
    return left.length === 0 ? null : { first: Math.min(...left), last: Math.max(...left) };
  }
}
