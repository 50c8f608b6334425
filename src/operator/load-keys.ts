/** Loads seal keys and log signing keys from files or secrets, for the bot and the command line. */
import { KeyFileInvalid, KeyMissing, type KeyPurpose, keysIn, readKeys, type SecretKeys } from '../audit/key-file.ts';
import { secretsFor } from '../config/azure-from-config.ts';
import type { Config } from '../config/config.ts';
import type { KeyPlace } from '../config/place.ts';
import { secretReadErrorWords } from '../text/remedies.ts';

interface LoadedKeys {
  readonly keys: SecretKeys;
  /** The file, or the secret with its version. */
  readonly where: string;
}

async function fromSecret(id: string, config: Pick<Config, 'azure'>, use: KeyPurpose): Promise<LoadedKeys> {
  const read = await secretsFor(config).get(id);
  if (read.ok) return { keys: keysIn(read.value.value, read.value.id, use), where: read.value.id };
  const { failure } = read;
  const isMissing = failure.source === 'azure' && failure.code === 'SecretNotFound';
  throw new (isMissing ? KeyMissing : KeyFileInvalid)(secretReadErrorWords(failure, use));
}

/**
 * Loads the keys. Throws {@link KeyMissing} if nothing is there, and {@link KeyFileInvalid} if it's unreadable or has no key. Both
 * messages contain the fix.
 */
export const loadKeys = async (place: KeyPlace, config: Pick<Config, 'azure'>, use: KeyPurpose): Promise<LoadedKeys> =>
  place.kind === 'secret'
    ? fromSecret(place.id, config, use)
    : { keys: await readKeys(place.file, use), where: place.file };
