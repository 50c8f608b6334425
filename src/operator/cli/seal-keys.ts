/** The key of the seals, where whoever is at the command line has it. */
import { KeyMissing, KeyUnusable, readKeys, sealKeyUse } from '../../audit/key-file.ts';
import type { SealKeys } from '../../audit/seals.ts';
import { type KeyPlace, type Place, readSealKeyPlace } from '../../config/place.ts';
import { readConfig } from '../../config/read-config.ts';
import { Unusable } from './unusable.ts';

/** Everything else of the record can be read. */
export class SealKeyUnusable extends Unusable {}

const unusable = (error: unknown): never => {
  throw error instanceof KeyUnusable ? new SealKeyUnusable(error.message) : error;
};

/** Throws {@link Unusable} with what to do. */
export const readKeysIn = (file: string): Promise<SealKeys> => readKeys(file, sealKeyUse).catch(unusable);

/** `missing`: where the key should be nothing is, and what to do about it. Neither: none is named, as for an auditor. */
export interface KnownKeys {
  readonly keys: SealKeys | null;
  readonly missing: string | null;
}

/** Azure's clients take a while to load, and a file needs none of them. */
async function fromSecret(named: KeyPlace): Promise<SealKeys> {
  const { keptKeys } = await import('../kept-keys.ts');
  return (await keptKeys(named, readConfig(), sealKeyUse)).keys;
}

/**
 * Those of the record that is there. Of a file the command line needs no other setting; a secret it reads as the bot would,
 * and then all of the bot's configuration has to be there.
 */
export async function knownKeys(place: Place): Promise<KnownKeys> {
  const named = readSealKeyPlace(place);
  if (named === null) return { keys: null, missing: null };
  const read = named.kind === 'file' ? readKeys(named.file, sealKeyUse) : fromSecret(named);
  return read
    .then((keys) => ({ keys, missing: null }))
    .catch((error: unknown) =>
      error instanceof KeyMissing ? { keys: null, missing: error.message } : unusable(error),
    );
}
