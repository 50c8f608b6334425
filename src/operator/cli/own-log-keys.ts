/** The bot's own keys of its published log, never read from the published log. */
import { KeyFileInvalid, KeyMissing } from '../../audit/key-file.ts';
import { readConfig } from '../../config/config.ts';
import { ConfigurationError, readPlace } from '../../config/env.ts';
import type { Place } from '../../config/place.ts';
import { Unusable } from './inputs.ts';
import type { CommandEnvironment } from './subcommand.ts';

/** `keys`: a verifier's keys file; null: not available, for the reason in `missing`. */
export type OwnLogKeys =
  | { readonly keys: string; readonly missing: null }
  | { readonly keys: null; readonly missing: string };

/** Reads them with this shell's configuration. Null: the log isn't published. */
async function keysHere(place: Place): Promise<string | null> {
  const config = readConfig();
  const { anchor } = config;
  if (anchor === null) return null;
  const [{ openStoreRecords }, { keysFileOf, logVerifiers, openPublishedLog }] = await Promise.all([
    import('./open-store.ts'),
    import('../published-log.ts'),
  ]);
  const logKeys = await logVerifiers(anchor, config);
  const { store, close } = await openStoreRecords(place);
  try {
    const { keys } = await openPublishedLog(anchor, config, store.witnesses, logKeys);
    return keysFileOf(await keys(), anchor);
  } finally {
    await close();
  }
}

async function ownKeys({ records, data }: Pick<CommandEnvironment, 'records' | 'data'>): Promise<string | null> {
  const place = readPlace(data);
  if (place.kind === 'server') return keysHere(place);
  const { control } = await records();
  if (control === null) throw new Unusable(`no bot runs on ${place.dataDir}`);
  return (await control.logKeys({})).keys;
}

const expected = [Unusable, ConfigurationError, KeyMissing, KeyFileInvalid];

/** Asks the bot that runs on the data folder. With a server, reads them with this shell's configuration. */
export async function ownLogKeys(surroundings: Pick<CommandEnvironment, 'records' | 'data'>): Promise<OwnLogKeys> {
  try {
    const keys = await ownKeys(surroundings);
    return keys === null ? { keys, missing: 'the audit log isn’t published (CMK_ANCHOR)' } : { keys, missing: null };
  } catch (error) {
    if (error instanceof Error && expected.some((kind) => error instanceof kind))
      return { keys: null, missing: error.message };
    throw error;
  }
}
