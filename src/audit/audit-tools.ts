/** The stored and hashed form of an event. It can never change for stored events: `test/golden/chain.json` fixes it. */
import { canonicalJson } from '../domain/canonical-json.ts';
import type { Position, Seal, Sealed } from '../domain/record/chain.ts';
import type { DocumentFault, DocumentSeals, RowSeals, SealableDocument, Seals } from '../domain/record/seals.ts';
import { type NewEvent, recordVersion } from '../domain/request/events.ts';
import { hmacOf, isSameSeal, lineChecker, newestKey, openSeals, type SealKeys } from './seals.ts';
import { commitmentTo, hashOf } from './verify.ts';

// Seals of the chat's data: of documents between two clicks, and of rows about people, conversations and cards.
// A document's seal is HMAC-SHA-256 in lower-case hexadecimal. It covers a label and a JSON list of the seal key's id, the
// document's key and the write time, each followed by a line feed, and then the text. Event seals have other labels, so that
// neither can replace the other. A row's seal has its own label and covers a JSON list of the key's id, the table and the
// values. It's stored as `id:seal`.

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

const saltBytes = 32;

/**
 * Returns the function that seals events, with a source of random bytes for salts, and the key. The body names the key, so that
 * each key change is in the chain.
 */
export const sealWith =
  (randomBytes: (size: number) => Uint8Array, { keyId: sealKey, seal }: Seals): Seal =>
  (position: Position, { body, texts }: NewEvent): Sealed => {
    const openings = Object.entries(texts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, text]) => ({
        field,
        salt: Buffer.from(randomBytes(saltBytes)).toString('hex'),
        text: storable(text),
      }));
    const commitments = openings.map(({ field, salt, text }) => ({ field, sha256: commitmentTo(salt, text) }));
    const bytes = canonicalJson(repaired({ ...body, ...position, schema: recordVersion, commitments, sealKey }));
    return { body: bytes, hash: hashOf(bytes), sealKey, seal: seal(bytes), openings };
  };

/**
 * Replaces unpaired surrogates, which have no UTF-8 form. External text (a provider's message, a truncated paste) can contain
 * them.
 */
const replaceLoneSurrogates = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

/** Also replaces NUL, which text columns can't store. */
const storable = (text: string): string => replaceLoneSurrogates(text).replaceAll('\0', '\uFFFD');

function repaired(value: unknown): unknown {
  if (typeof value === 'string') return replaceLoneSurrogates(value);
  if (Array.isArray(value)) return value.map(repaired);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [replaceLoneSurrogates(key), repaired(inner)]));
}

/** The seals of the key before, and its last event. Null: there was none. */
function replacedKey(keys: SealKeys) {
  const before = keys.slice(0, -1);
  const until = keys.at(-2)?.until ?? null;
  return until === null ? null : { until, documentSeals: openDocumentSeals(before), rowSeals: openRowSeals(before) };
}

export const auditTools = (randomBytes: (size: number) => Uint8Array, keys: SealKeys) => {
  const seals = openSeals(keys);
  return {
    seals,
    seal: sealWith(randomBytes, seals),
    check: lineChecker(keys),
    commitmentTo,
    documentSeals: openDocumentSeals(keys),
    rowSeals: openRowSeals(keys),
    replaced: replacedKey(keys),
  };
};
