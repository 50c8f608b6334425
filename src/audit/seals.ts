/**
 * Seals, and how a line is checked by itself.
 *
 * A seal is HMAC-SHA-256 over a label, the key's id and the body's UTF-8 bytes, each but the last followed by a line feed, in
 * lower-case hexadecimal. The label of a body that was written before there were seals is another one. A key's id is the
 * beginning of the same function over a label of its own, so it cannot be chosen, and says nothing about the key.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ChainLine } from '../domain/record/chain.ts';
import type { CheckLine, FaultyLine, Seals } from '../domain/record/seals.ts';
import { hashOf, wrongColumn } from './verify.ts';

/** Oldest first: the last seals, the others are known by what they sealed. */
export type SealKeys = readonly Uint8Array[];

const label = 'cmk-bot seal 1';
const afterwardsLabel = 'cmk-bot seal 1, afterwards';
const idLabel = 'cmk-bot seal key id 1';

const mac = (key: Uint8Array, ...parts: readonly string[]): Buffer =>
  createHmac('sha256', key).update(parts.join('\n'), 'utf8').digest();

/** 16 hexadecimal digits. */
export const sealKeyId = (key: Uint8Array): string => mac(key, idLabel).toString('hex').slice(0, 16);

/** The key that seals from now on. Throws where there is no key. */
export function newestKey(keys: SealKeys): { readonly key: Uint8Array; readonly keyId: string } {
  const key = keys.at(-1);
  if (key === undefined) throw new Error('sealing: there is no key');
  return { key, keyId: sealKeyId(key) };
}

/** Throws where there is no key. */
export function openSeals(keys: SealKeys): Seals {
  const { key, keyId } = newestKey(keys);
  return {
    keyId,
    seal: (body) => mac(key, label, keyId, body).toString('hex'),
    sealAfterwards: (body) => mac(key, afterwardsLabel, keyId, body).toString('hex'),
  };
}

const faulty = (fault: FaultyLine['fault'], detail: string): FaultyLine => ({ fault, detail });

/** Finds keys by their ids. */
export const keysById = (keys: SealKeys): ReadonlyMap<string, Uint8Array> =>
  new Map(keys.map((key) => [sealKeyId(key), key]));

/** What is wrong with the seal; `named` is the key that the body names, null where it was written before seals. */
function sealFault(known: ReadonlyMap<string, Uint8Array>, line: ChainLine, named: string | null): FaultyLine | null {
  const { seal, sealKey, body } = line;
  if (seal === null || sealKey === null) return faulty('seal-missing', 'seal: there is none');
  if (named !== null && named !== sealKey) return faulty('seal-missing', `seal: of key ${sealKey}, not of ${named}`);
  const key = known.get(sealKey);
  if (key === undefined) return faulty('seal-key-unknown', `seal: of key ${sealKey}, which is not known here`);
  const expected = mac(key, named === null ? afterwardsLabel : label, sealKey, body);
  const found = Buffer.from(seal, 'hex');
  const same = found.length === expected.length && timingSafeEqual(found, expected);
  return same ? null : faulty('seal-differs', `seal: not the one that key ${sealKey} makes of this body`);
}

/** Checks a line's seal alone; null where there is nothing against it. */
export function sealChecker(keys: SealKeys): (line: ChainLine, named: string | null) => FaultyLine | null {
  const known = keysById(keys);
  return (line, named) => sealFault(known, line, named);
}

function parsed(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Checks hash and columns, and the seal where keys are given. Without them (null) it is not looked at. */
export function lineChecker(keys: SealKeys | null): CheckLine {
  const known = keys === null ? null : keysById(keys);
  return (line) => {
    const hash = hashOf(line.body);
    if (hash !== line.hash) return faulty('hash-differs', `hash: expected ${hash}, found ${line.hash}`);
    const body = parsed(line.body);
    if (body === null) return faulty('not-canonical', 'body: not a JSON object');
    const column = wrongColumn(line, body);
    if (column !== null) return faulty('column-differs', column);
    const sealKey = typeof body.sealKey === 'string' ? body.sealKey : null;
    const wrong = known === null ? null : sealFault(known, line, sealKey);
    return wrong ?? { fault: null, body, sealKey };
  };
}

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

/** Which key a line must be sealed with, from first to last: what can be seen without having any. */
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
