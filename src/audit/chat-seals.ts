/**
 * Seals of the chat's data: of documents between two clicks, and of rows about people, conversations and cards.
 * A document's seal is HMAC-SHA-256 in lower-case hexadecimal. It covers a label and a JSON list of the seal key's id, the
 * document's key and the write time, each followed by a line feed, and then the text. Event seals have other labels, so that
 * neither can replace the other. A row's seal has its own label and covers a JSON list of the key's id, the table and the
 * values. It's stored as `id:seal`.
 */
import type { DocumentFault, DocumentSeals, RowSeals, SealableDocument } from '../domain/record/seals.ts';
import { hmacOf, isSameSeal, newestKey, type SealKeys } from './seals.ts';

const label = 'cmk-bot document seal 1';
const rowLabel = 'cmk-bot row seal 1';

/** Seals and verifies documents with the newest key only, so that a replaced key has no power. Throws if there is no key. */
export function openDocumentSeals(keys: SealKeys): DocumentSeals {
  const { key, keyId } = newestKey(keys);
  const sealOf = ({ key: name, writtenAt, text }: SealableDocument): string =>
    hmacOf(key, label, JSON.stringify([keyId, name, writtenAt.toISOString()]), text);
  return {
    seal: (document) => ({ sealKey: keyId, seal: sealOf(document) }),
    faultOf(document, { sealKey, seal }): DocumentFault | null {
      if (sealKey !== keyId) return 'seal-key-unknown';
      return isSameSeal(seal, sealOf(document)) ? null : 'seal-differs';
    },
  };
}

/** The same for rows. */
export function openRowSeals(keys: SealKeys): RowSeals {
  const { key, keyId } = newestKey(keys);
  const seal: RowSeals['seal'] = (table, values) =>
    `${keyId}:${hmacOf(key, rowLabel, JSON.stringify([keyId, table, ...values]))}`;
  return { seal, isGood: (table, values, found) => found !== null && isSameSeal(found, seal(table, values)) };
}
