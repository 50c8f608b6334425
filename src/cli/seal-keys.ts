/** The key of the seals, where whoever is at the command line has it. */
import { readSealKeys, SealKeyUnusable } from '../audit/seal-key-file.ts';
import type { SealKeys } from '../audit/seals.ts';
import { type Place, readSealKeyFile } from '../config/place.ts';
import { Unusable } from './unusable.ts';

/** Throws {@link Unusable} with what to do. */
export const keysIn = (file: string): Promise<SealKeys> =>
  readSealKeys(file).catch((error: unknown) => {
    throw error instanceof SealKeyUnusable ? new Unusable(error.message) : error;
  });

/** Those of the record that is there; null where none are named, as for an auditor who has the database alone. */
export async function knownKeys(place: Place): Promise<SealKeys | null> {
  const named = readSealKeyFile(place);
  return named === null ? null : keysIn(named.file);
}
