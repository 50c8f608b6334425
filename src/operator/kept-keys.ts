/** The keys of seals and of the published log, wherever they are kept: for the bot, and for the command line that looks after it. */
import { KeyMissing, KeyUnusable, type KeyUse, keysIn, readKeys, type SecretKeys } from '../audit/key-file.ts';
import { secretsFor } from '../config/azure-from-config.ts';
import type { Config } from '../config/config.ts';
import type { KeyPlace } from '../config/place.ts';
import { keptKeyWords } from '../text/kept-key.ts';

export interface KeptKeys {
  readonly keys: SecretKeys;
  /** The file, or the secret with the version that was read. */
  readonly where: string;
}

async function fromSecret(id: string, config: Pick<Config, 'azure'>, use: KeyUse): Promise<KeptKeys> {
  const read = await secretsFor(config).get(id);
  if (read.ok) return { keys: keysIn(read.value.value, read.value.id, use), where: read.value.id };
  const { failure } = read;
  const isMissing = failure.source === 'azure' && failure.code === 'SecretNotFound';
  throw new (isMissing ? KeyMissing : KeyUnusable)(keptKeyWords(failure, use));
}

/**
 * Reads them anew. Throws {@link KeyMissing} where nothing is there, {@link KeyUnusable} where it cannot be read or holds
 * no key; both say what to do.
 */
export const keptKeys = async (place: KeyPlace, config: Pick<Config, 'azure'>, use: KeyUse): Promise<KeptKeys> =>
  place.kind === 'secret'
    ? fromSecret(place.id, config, use)
    : { keys: await readKeys(place.file, use), where: place.file };
