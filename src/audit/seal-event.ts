/** The stored and hashed form of an event. It can never change for stored events: `test/golden/chain.json` fixes it. */
import { canonicalJson } from '../domain/canonical-json.ts';
import type { Position, Seal, Sealed } from '../domain/record/chain.ts';
import type { Seals } from '../domain/record/seals.ts';
import { type NewEvent, recordVersion } from '../domain/request/events.ts';
import { commitmentTo, hashOf } from './verify.ts';

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
