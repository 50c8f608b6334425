/** The key of the seals, where whoever is at the command line has it. */
import { readSealKeys, SealKeyMissing, SealKeyUnusable } from '../audit/seal-key-file.ts';
import type { SealKeys } from '../audit/seals.ts';
import { readConfig } from '../config/config.ts';
import { type Place, readSealKeyPlace, type SealKeyPlace } from '../config/place.ts';
import { Unusable } from './unusable.ts';

/** Everything else of the record can be read. */
export class KeyUnusable extends Unusable {}

const unusable = (error: unknown): never => {
  throw error instanceof SealKeyUnusable ? new KeyUnusable(error.message) : error;
};

/** Throws {@link Unusable} with what to do. */
export const keysIn = (file: string): Promise<SealKeys> => readSealKeys(file).catch(unusable);

/** `missing`: where the key should be nothing is, and what to do about it. Neither: none is named, as for an auditor. */
export interface KnownKeys {
  readonly keys: SealKeys | null;
  readonly missing: string | null;
}

/** Azure's clients take a while to load, and a file needs none of them. */
async function fromSecret(named: SealKeyPlace): Promise<SealKeys> {
  const { keptSealKeys } = await import('../operator/seal-keys.ts');
  return (await keptSealKeys(named, readConfig())).keys;
}

/**
 * Those of the record that is there. Of a file the command line needs no other setting; a secret it reads as the bot would,
 * and then all of the bot's configuration has to be there.
 */
export async function knownKeys(place: Place): Promise<KnownKeys> {
  const named = readSealKeyPlace(place);
  if (named === null) return { keys: null, missing: null };
  const read = named.kind === 'file' ? readSealKeys(named.file) : fromSecret(named);
  return read
    .then((keys) => ({ keys, missing: null }))
    .catch((error: unknown) =>
      error instanceof SealKeyMissing ? { keys: null, missing: error.message } : unusable(error),
    );
}
