/** The published log as this program uses it: where it lies, the keys it knows by itself, its newest checkpoint and its witnesses. */
import { anchorFolder, maxFileSize, newestPath } from '../audit/anchor/files.ts';
import { type KnownSigners, verifiedRead } from '../audit/anchor/newest-checkpoint.ts';
import { knownVaultKeys } from '../audit/anchor/vault-cosignature.ts';
import { logKeyUse } from '../audit/key-file.ts';
import { readCheckpoint } from '../audit/tlog/checkpoint.ts';
import { readKeyLine, signingKey, type VerifierKey } from '../audit/tlog/keys.ts';
import { optionsForAzure } from '../config/azure-from-config.ts';
import type { Config } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import type { AnchorPlace, AnchorSettings } from '../config/settings/audit-log.ts';
import type { AnchorFiles, AnchorSource } from '../domain/ports/anchor.ts';
import type { WitnessBook } from '../domain/ports/witnesses.ts';
import { type Witnessing, witnessingOf } from '../domain/witnessing.ts';
import { keptKeys } from './kept-keys.ts';

export interface PublishedLogFiles {
  /** As `ownRead` reads. */
  readonly read: AnchorFiles['read'];
  readonly witnessKeys: readonly VerifierKey[];
  /** Keys in vaults, the log's own, those of witnesses. */
  readonly keys: () => Promise<readonly VerifierKey[]>;
}

/** The log's own verifier keys, oldest first, from where its signing keys are kept. Throws as {@link keptKeys} does. */
export async function logVerifiers(
  { key, name }: Pick<AnchorSettings, 'key' | 'name'>,
  config: Pick<Config, 'azure'>,
): Promise<readonly VerifierKey[]> {
  const { keys } = await keptKeys(key, config, logKeyUse);
  return keys.map((seed) => signingKey(name, 'log', seed).verifier);
}

/** `logKeys`: the log's own, oldest first. */
export async function openPublishedLog(
  anchor: AnchorSettings,
  config: Pick<Config, 'azure'>,
  book: Pick<WitnessBook, 'of'>,
  logKeys: readonly VerifierKey[],
): Promise<PublishedLogFiles> {
  const { read } = await anchorFiles(anchor.place, config);
  const witnesses = anchor.witnesses.map(({ key }) => readKeyLine(key)).filter((key) => typeof key !== 'string');
  const vault = () => knownVaultKeys(book, anchor.name, logKeys);
  const signers: KnownSigners = { origin: anchor.name, log: logKeys, vault, witnesses };
  return {
    read: verifiedRead(read, signers),
    witnessKeys: witnesses,
    keys: async () => [...(await vault()), ...logKeys, ...witnesses],
  };
}

/** As people know it. */
export const anchorName = (place: AnchorPlace): string => (place.kind === 'folder' ? place.folder : place.url);

/** The client of blobs takes a while to load, and a folder needs none. Throws {@link ConfigurationError}. */
export async function anchorFiles(
  place: AnchorPlace,
  config: Pick<Config, 'azure'>,
): Promise<AnchorFiles & AnchorSource> {
  if (place.kind === 'folder') return anchorFolder(place.folder);
  const { anchorContainer, NotStorage } = await import('../azure/anchor-container.ts');
  try {
    return anchorContainer({ url: place.url, longest: maxFileSize, ...optionsForAzure(config) });
  } catch (error) {
    throw error instanceof NotStorage ? new ConfigurationError(`CMK_ANCHOR: ${error.message}`) : error;
  }
}

export interface NewestCheckpoint {
  /** How many events it covers. */
  readonly size: number;
  /** The signed note. */
  readonly note: string;
}

/** Null where nothing was published yet. Throws where the place cannot be reached. */
export async function newestPublishedCheckpoint({ read }: Pick<AnchorFiles, 'read'>): Promise<NewestCheckpoint | null> {
  const note = (await read(newestPath))?.toString('utf8') ?? '';
  const checkpoint = readCheckpoint(note.slice(0, note.indexOf('\n\n') + 1));
  return checkpoint === null ? null : { size: checkpoint.size, note };
}

/** Null: nobody is asked, no vault either. */
export function witnessingFor(
  { anchor }: Pick<Config, 'anchor'>,
  book: Pick<WitnessBook, 'of'>,
): (() => Promise<Witnessing>) | null {
  if (anchor === null || (anchor.witnesses.length === 0 && anchor.vaultKey === null)) return null;
  const { witnesses, witnessesNeeded: needed, vaultKey } = anchor;
  const keys = witnesses.map(({ key }) => key);
  return async () => witnessingOf({ keys, needed, vaultKey }, await book.of(anchor.name));
}
