/** The stored, hashed form of an event. Once a line is stored its form can never change: `test/golden/chain.json` fixes it. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { Position, Seal, Sealed } from '../domain/record/chain.ts';
import type { DocumentFault, DocumentSeals, SealableDocument } from '../domain/record/document-seals.ts';
import type { RowSeals, SealedValues } from '../domain/record/row-seals.ts';
import type { Seals } from '../domain/record/seals.ts';
import { type NewEvent, recordVersion } from '../domain/request/events.ts';
import { keysById, lineChecker, newestKey, openSeals, type SealKeys } from './seals.ts';
import { commitmentTo, hashOf } from './verify.ts';

// Seals of what the chat keeps: of documents between two clicks, and of rows about people, conversations and cards.
//
// HMAC-SHA-256 over a label and a JSON list of the seal key's id, the document's key and the time of writing, each followed by a
// line feed, then the document's text; in lower-case hexadecimal. The label is no label of an event's seal, so that neither is good
// for the other. A row's seal has a label of its own, is over a JSON list of the key's id, the table and the values, and has the key's
// id before it: `id:seal`.

const label = 'cmk-bot document seal 1';
const rowLabel = 'cmk-bot row seal 1';

const sealOf = (key: Uint8Array, keyId: string, { key: name, writtenAt, text }: SealableDocument): string =>
  createHmac('sha256', key)
    .update([label, JSON.stringify([keyId, name, writtenAt.toISOString()]), text].join('\n'), 'utf8')
    .digest('hex');

function isSame(seal: string, expected: string): boolean {
  const [found, wanted] = [Buffer.from(seal, 'utf8'), Buffer.from(expected, 'utf8')];
  return found.length === wanted.length && timingSafeEqual(found, wanted);
}

/** The newest key seals; each of them can check. Throws if there is no key. */
export function openDocumentSeals(keys: SealKeys): DocumentSeals {
  const { key: newest, keyId } = newestKey(keys);
  const known = keysById(keys);
  return {
    seal: (document) => ({ sealKey: keyId, seal: sealOf(newest, keyId, document) }),
    faultOf(document, { sealKey, seal }): DocumentFault | null {
      if (sealKey === null || seal === null) return 'seal-missing';
      const key = known.get(sealKey);
      if (key === undefined) return 'seal-key-unknown';
      return isSame(seal, sealOf(key, sealKey, document)) ? null : 'seal-differs';
    },
  };
}

const rowSealOf = (key: Uint8Array, keyId: string, table: string, values: SealedValues): string =>
  `${keyId}:${createHmac('sha256', key)
    .update(`${rowLabel}\n${JSON.stringify([keyId, table, ...values])}`, 'utf8')
    .digest('hex')}`;

/** The same for rows. */
export function openRowSeals(keys: SealKeys): RowSeals {
  const { key: newest, keyId } = newestKey(keys);
  const known = keysById(keys);
  return {
    seal: (table, values) => rowSealOf(newest, keyId, table, values),
    isGood(table, values, seal) {
      const named = seal?.split(':')[0] ?? '';
      const key = known.get(named);
      return seal !== null && key !== undefined && isSame(seal, rowSealOf(key, named, table, values));
    },
  };
}

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
