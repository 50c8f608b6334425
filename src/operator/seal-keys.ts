/** The key of the seals, wherever it is kept: for the bot, and for the command line that looks after it. */
import { readSealKeys, SealKeyMissing, SealKeyUnusable, sealKeysIn } from '../audit/seal-key-file.ts';
import type { SealKeys } from '../audit/seals.ts';
import { secretsFor } from '../config/azure-from-config.ts';
import type { Config } from '../config/config.ts';
import type { SealKeyPlace } from '../config/place.ts';
import { sealKeyWords } from '../words/seal-key.ts';

export interface KeptSealKeys {
  readonly keys: SealKeys;
  /** The file, or the secret with the version that was read. */
  readonly where: string;
}

async function fromSecret(id: string, config: Pick<Config, 'azure'>): Promise<KeptSealKeys> {
  const read = await secretsFor(config).get(id);
  if (read.ok) return { keys: sealKeysIn(read.value.value, read.value.id), where: read.value.id };
  const { failure } = read;
  const isMissing = failure.source === 'azure' && failure.code === 'SecretNotFound';
  throw new (isMissing ? SealKeyMissing : SealKeyUnusable)(sealKeyWords(failure));
}

/**
 * Reads them anew. Throws {@link SealKeyMissing} where nothing is there, {@link SealKeyUnusable} where it cannot be read or holds
 * no key; both say what to do.
 */
export const keptSealKeys = async (place: SealKeyPlace, config: Pick<Config, 'azure'>): Promise<KeptSealKeys> =>
  place.kind === 'secret' ? fromSecret(place.id, config) : { keys: await readSealKeys(place.file), where: place.file };
