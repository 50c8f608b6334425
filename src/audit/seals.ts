/**
 * Seals, and the verification of a single event.
 * A seal is HMAC-SHA-256 in lower-case hexadecimal. It covers a label, the key's id and the body's UTF-8 bytes, each but the
 * last followed by a line feed. A key's id is the beginning of the same function over its own label, so that it can't be chosen
 * and reveals nothing about the key.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ChainLine } from '../domain/record/chain.ts';
import type { CheckLine, FaultyLine, Seals } from '../domain/record/seals.ts';
import type { SecretKey, SecretKeys } from './key-file.ts';
import { hashOf, wrongColumn } from './verify.ts';

export type SealKeys = SecretKeys;

const label = 'cmk-bot seal 1';
const idLabel = 'cmk-bot seal key id 1';

export const hmacOf = (key: Uint8Array, ...lines: readonly string[]): string =>
  createHmac('sha256', key).update(lines.join('\n'), 'utf8').digest('hex');

/** Compares in constant time. */
export function isSameSeal(seal: string, expected: string): boolean {
  const found = Buffer.from(seal, 'utf8');
  const wanted = Buffer.from(expected, 'utf8');
  return found.length === wanted.length && timingSafeEqual(found, wanted);
}

/** 16 hexadecimal digits. */
export const sealKeyId = (key: Uint8Array): string => hmacOf(key, idLabel).slice(0, 16);

/** Throws if there is none. */
export function newestKey(keys: SealKeys): { readonly key: Uint8Array; readonly keyId: string } {
  const key = keys.at(-1)?.bytes;
  if (key === undefined) throw new Error('sealing: there is no key');
  return { key, keyId: sealKeyId(key) };
}

export function openSeals(keys: SealKeys): Seals {
  const { key, keyId } = newestKey(keys);
  return { keyId, seal: (body) => hmacOf(key, label, keyId, body) };
}

const faulty = (fault: FaultyLine['fault'], detail: string): FaultyLine => ({ fault, detail });

const keysById = (keys: SealKeys): ReadonlyMap<string, SecretKey> =>
  new Map(keys.map((key) => [sealKeyId(key.bytes), key]));

/** `named`: the key in the body. */
function sealFault(known: ReadonlyMap<string, SecretKey>, line: ChainLine, named: unknown): FaultyLine | null {
  const { seal, sealKey, body } = line;
  if (seal === null || sealKey === null) return faulty('seal-missing', 'seal: there is none');
  if (named !== sealKey) return faulty('seal-missing', `seal: of key ${sealKey}, not of ${named}`);
  const key = known.get(sealKey);
  if (key === undefined) return faulty('seal-key-unknown', `seal: of key ${sealKey}, which is not known here`);
  const expected = hmacOf(key.bytes, label, sealKey, body);
  if (!isSameSeal(seal, expected))
    return faulty('seal-differs', `seal: not the one that key ${sealKey} makes of this body`);
  const { until } = key;
  if (until === null || line.seq < until.seq || (line.seq === until.seq && line.hash === until.hash)) return null;
  return faulty(
    'seal-key-retired',
    `seal: of key ${sealKey}, which was replaced after event ${until.seq}, ${until.hash}`,
  );
}

/** The checker returns null if the seal is valid. */
export function sealChecker(keys: SealKeys): (line: ChainLine, named: unknown) => FaultyLine | null {
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

/** Returns a checker of hash, columns and, with keys, the seal. Null: seals aren't checked. */
export function lineChecker(keys: SealKeys | null): CheckLine {
  const known = keys === null ? null : keysById(keys);
  return (line) => {
    const hash = hashOf(line.body);
    if (hash !== line.hash) return faulty('hash-differs', `hash: expected ${hash}, found ${line.hash}`);
    const body = parsed(line.body);
    if (body === null) return faulty('not-canonical', 'body: not a JSON object');
    const column = wrongColumn(line, body);
    if (column !== null) return faulty('column-differs', column);
    const { sealKey } = body;
    if (typeof sealKey !== 'string') return faulty('seal-missing', 'seal: the body names no key');
    const wrong = known === null ? null : sealFault(known, line, sealKey);
    return wrong ?? { fault: null, body, sealKey };
  };
}

export interface SealCount {
  sealed: number;
  readonly keys: string[];
}

/** Checks the order of seal keys over all events. Needs no key. */
export class SealOrder {
  readonly count: SealCount = { sealed: 0, keys: [] };

  /** `named`: the key in the event's body. */
  next({ seal, sealKey }: ChainLine, named: unknown): FaultyLine | null {
    const { count } = this;
    if (typeof named !== 'string') return faulty('seal-missing', 'seal: the body names no key');
    count.sealed += 1;
    if (named !== sealKey || seal === null) return faulty('seal-missing', `seal: none of key ${named}`);
    if (count.keys.at(-1) === named) return null;
    const retired = count.keys.includes(named);
    count.keys.push(named);
    return retired ? faulty('seal-key-retired', `seal: of key ${named}, which had been given up`) : null;
  }
}
