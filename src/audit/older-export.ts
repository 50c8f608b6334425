/** What an older export, or a published log, knows of the record: all of it must still be there, unchanged. */
import type { ChainLine } from '../domain/record/chain.ts';

type Known = Pick<ChainLine, 'seq' | 'hash'>;

const perPage = 4_096;
const hashBytes = 32;
const isHash = (hash: string): boolean => /^[0-9a-f]{64}$/.test(hash);

/** Hashes of neighbours in the chain, side by side: a million of them as text would take five times the memory. */
interface Page {
  readonly hashes: Buffer;
  /** 1 where a hash is known that was not asked for yet. */
  readonly known: Uint8Array;
}

export class OlderExport {
  readonly #pages = new Map<number, Page>();
  /** What no chain has: it is compared as it stands. */
  readonly #odd = new Map<number, string>();
  #events = 0;
  #asked = 0;

  add({ seq, hash }: Known): void {
    if (this.#take(seq) === null) this.#events += 1;
    if (!Number.isSafeInteger(seq) || !isHash(hash)) {
      this.#odd.set(seq, hash);
      return;
    }
    const number = Math.floor(seq / perPage);
    const page = this.#pages.get(number) ?? {
      hashes: Buffer.alloc(perPage * hashBytes),
      known: new Uint8Array(perPage),
    };
    this.#pages.set(number, page);
    const at = seq - number * perPage;
    page.hashes.write(hash, at * hashBytes, 'hex');
    page.known[at] = 1;
  }

  get events(): number {
    return this.#events;
  }

  /** How many of its events were asked for. */
  get asked(): number {
    return this.#asked;
  }

  /** Null where it knows nothing of the line, or the same. Each line is asked for once. */
  against({ seq, hash }: Known): string | null {
    const known = this.#take(seq);
    if (known === null) return null;
    this.#asked += 1;
    return known === hash ? null : `hash: kept was ${known}, found ${hash}`;
  }

  /** The first and the last that were never asked for; null where there are none behind that place. */
  missing(after: number): { readonly first: number; readonly last: number } | null {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const seq of this.#left()) {
      if (seq <= after) continue;
      first = Math.min(first, seq);
      last = Math.max(last, seq);
    }
    return first > last ? null : { first, last };
  }

  /** What is known of the place, which is forgotten by that. */
  #take(seq: number): string | null {
    const odd = this.#odd.get(seq);
    if (this.#odd.delete(seq)) return odd ?? null;
    const number = Math.floor(seq / perPage);
    const page = this.#pages.get(number);
    const at = seq - number * perPage;
    if (page?.known[at] !== 1) return null;
    page.known[at] = 0;
    return page.hashes.toString('hex', at * hashBytes, (at + 1) * hashBytes);
  }

  *#left(): Generator<number> {
    yield* this.#odd.keys();
    for (const [number, { known }] of this.#pages) {
      for (let at = known.indexOf(1); at >= 0; at = known.indexOf(1, at + 1)) yield number * perPage + at;
    }
  }
}
