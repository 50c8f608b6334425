/** Where a bench's record lies, and the keys it is sealed and published with. */
import type { DatabaseOptions } from '../../src/store/database.ts';

const spelled = (text: string): Buffer => Buffer.from(text.padEnd(32, '.'));

/** No secrets: they guard made-up records. */
export const benchKeys = [spelled('a key to seal benches with')];
export const logSeed = spelled('a key to sign benches with');

/** An address of a server, or a data folder. */
export const placeOf = (place: string): DatabaseOptions =>
  place.startsWith('postgres') ? { kind: 'postgres', url: place } : { kind: 'pglite', dataDir: place };
