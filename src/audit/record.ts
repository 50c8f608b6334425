/** The stored, hashed form of an event. Once a line is stored its form can never change: `test/golden/chain.json` fixes it. */

import { canonicalJson } from '../domain/canonical-json.ts';
import { type NewEvent, recordVersion } from '../domain/request/events.ts';
import { commitmentTo, hashOf } from './verify.ts';

/** Where an event stands in the chain and in its request. */
export interface Position {
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Hash of the event before. */
  readonly prev: string;
  readonly request: string;
  readonly revision: number;
  readonly cause: string;
  /** Which event of its cause this is, from 0. */
  readonly n: number;
}

export interface Opening {
  readonly field: string;
  /** Hexadecimal. */
  readonly salt: string;
  readonly text: string;
}

export interface SealedEvent {
  /** Canonical JSON; its bytes are what is hashed. */
  readonly body: string;
  readonly hash: string;
  /** What is needed to prove the texts, until they are erased. */
  readonly openings: readonly Opening[];
}

const saltBytes = 32;

/** Makes the function that seals events, given a source of random bytes for the salts. */
export const sealWith =
  (randomBytes: (size: number) => Uint8Array) =>
  (position: Position, { body, texts }: NewEvent): SealedEvent => {
    const openings = Object.entries(texts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, text]) => ({
        field,
        salt: Buffer.from(randomBytes(saltBytes)).toString('hex'),
        text: storable(text),
      }));
    const commitments = openings.map(({ field, salt, text }) => ({ field, sha256: commitmentTo(salt, text) }));
    const bytes = canonicalJson(mendStrings({ ...body, ...position, schema: recordVersion, commitments }));
    return { body: bytes, hash: hashOf(bytes), openings };
  };

/** Half a surrogate pair has no UTF-8 form, and outside words (a provider's message, a paste cut short) may hold one. */
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

/** A text column holds no NUL either. */
const storable = (text: string): string => wellFormed(text).replaceAll('\0', '\uFFFD');

function mendStrings(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(mendStrings);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [wellFormed(key), mendStrings(inner)]));
}
