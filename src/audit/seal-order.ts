/** Which key a line must be sealed with, from first to last: what can be seen without having any. */
import type { ChainLine } from '../domain/record/chain.ts';
import type { FaultyLine } from '../domain/record/seals.ts';

/** How a record is sealed. */
export interface SealCount {
  /** Lines that name their key and carry a seal. */
  sealed: number;
  /** Lines from before there were seals, sealed afterwards. */
  afterwards: number;
  /** Lines from before there were seals that carry none. */
  unsealed: number;
  /** Ids of the keys that lines name, in order. */
  readonly keys: string[];
}

export class SealOrder {
  readonly count: SealCount = { sealed: 0, afterwards: 0, unsealed: 0, keys: [] };

  /** `named`: the key that the line's body names. */
  next({ seal, sealKey }: ChainLine, named: string | null): FaultyLine | null {
    const { count } = this;
    if (named === null) {
      count[seal === null ? 'unsealed' : 'afterwards'] += 1;
      if (count.keys.length === 0) return null;
      return { fault: 'seal-missing', detail: 'seal: its body names no key, after others that did' };
    }
    count.sealed += 1;
    if (named !== sealKey || seal === null) return { fault: 'seal-missing', detail: `seal: none of key ${named}` };
    if (count.keys.at(-1) === named) return null;
    const retired = count.keys.includes(named);
    count.keys.push(named);
    return retired ? { fault: 'seal-key-retired', detail: `seal: of key ${named}, which had been given up` } : null;
  }
}
