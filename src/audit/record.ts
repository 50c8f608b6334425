/** The stored, hashed form of an event. Once a line is stored its form can never change: `test/golden/chain.json` fixes it. */

import { canonicalJson } from '../domain/canonical-json.ts';
import type { Position, Seal, Sealed } from '../domain/record/chain.ts';
import type { Seals } from '../domain/record/seals.ts';
import { type NewEvent, recordVersion } from '../domain/request/events.ts';
import { openDocumentSeals, openRowSeals } from './document-seals.ts';
import { lineChecker, openSeals, type SealKeys } from './seals.ts';
import { commitmentTo, hashOf } from './verify.ts';

const saltBytes = 32;

/**
 * Makes the function that seals events, given a source of random bytes for the salts, and the key. The body names the key, so
 * that every change of key stands in the chain; without one the line is as lines were before there were seals.
 */
export const sealWith =
  (randomBytes: (size: number) => Uint8Array, seals: Seals | null): Seal =>
  (position: Position, { body, texts }: NewEvent): Sealed => {
    const openings = Object.entries(texts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, text]) => ({
        field,
        salt: Buffer.from(randomBytes(saltBytes)).toString('hex'),
        text: storable(text),
      }));
    const commitments = openings.map(({ field, salt, text }) => ({ field, sha256: commitmentTo(salt, text) }));
    const key = seals === null ? {} : { sealKey: seals.keyId };
    const bytes = canonicalJson(mended({ ...body, ...position, schema: recordVersion, commitments, ...key }));
    const sealed = { sealKey: seals?.keyId ?? null, seal: seals?.seal(bytes) ?? null };
    return { body: bytes, hash: hashOf(bytes), ...sealed, openings };
  };

const halfPair = /\p{Surrogate}/u;

/** Half a surrogate pair has no UTF-8 form, and outside words (a provider's message, a paste cut short) may hold one. */
const wellFormed = (text: string): string => (halfPair.test(text) ? Buffer.from(text, 'utf8').toString('utf8') : text);

/** A text column holds no NUL either. */
const storable = (text: string): string => wellFormed(text).replaceAll('\0', '\uFFFD');

/** Nearly always there is nothing to mend, and nothing to copy. */
const mended = (value: Readonly<Record<string, unknown>>): unknown =>
  isWellFormed(value) ? value : mendStrings(value);

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return !halfPair.test(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  return Object.entries(value).every(([key, inner]) => !halfPair.test(key) && isWellFormed(inner));
}

function mendStrings(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(mendStrings);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [wellFormed(key), mendStrings(inner)]));
}

/** What a store is given to write and read lines with, by this process's keys. */
export const recordTools = (randomBytes: (size: number) => Uint8Array, keys: SealKeys) => {
  const seals = openSeals(keys);
  return {
    seals,
    seal: sealWith(randomBytes, seals),
    check: lineChecker(keys),
    commitmentTo,
    documentSeals: openDocumentSeals(keys),
    rowSeals: openRowSeals(keys),
  };
};
