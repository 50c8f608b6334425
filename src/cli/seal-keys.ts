/** The key of the seals, where whoever is at the command line has it. */
import { readSealKeys, SealKeyMissing, SealKeyUnusable } from '../audit/seal-key-file.ts';
import type { SealKeys } from '../audit/seals.ts';
import { type Place, readSealKeyFile } from '../config/place.ts';
import { Unusable } from './unusable.ts';

const unusable = (error: unknown): never => {
  throw error instanceof SealKeyUnusable ? new Unusable(error.message) : error;
};

/** Throws {@link Unusable} with what to do. */
export const keysIn = (file: string): Promise<SealKeys> => readSealKeys(file).catch(unusable);

/** `missing`: where the key should be nothing is, and what to do about it. Neither: none is named, as for an auditor. */
export interface KnownKeys {
  readonly keys: SealKeys | null;
  readonly missing: string | null;
}

/** Those of the record that is there. */
export async function knownKeys(place: Place): Promise<KnownKeys> {
  const named = readSealKeyFile(place);
  if (named === null) return { keys: null, missing: null };
  return readSealKeys(named.file)
    .then((keys) => ({ keys, missing: null }))
    .catch((error: unknown) =>
      error instanceof SealKeyMissing ? { keys: null, missing: error.message } : unusable(error),
    );
}
