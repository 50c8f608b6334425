/**
 * Seals of what the chat keeps: of documents between two clicks, and of rows about people, conversations and cards.
 *
 * HMAC-SHA-256 over a label and a JSON list of the seal key's id, the document's key and the time of writing, each followed by a
 * line feed, then the document's text; in lower-case hexadecimal. The label is no label of an event's seal, so that neither is good
 * for the other. A row's seal has a label of its own, is over a JSON list of the key's id, the table and the values, and has the key's
 * id before it: `id:seal`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DocumentFault, DocumentSeals, SealableDocument } from '../domain/record/document-seals.ts';
import type { RowSeals, SealedValues } from '../domain/record/row-seals.ts';
import { keysById, newestKey, type SealKeys } from './seals.ts';

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
