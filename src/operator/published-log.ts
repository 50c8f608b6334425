/** The published log: its place, the bot's keys for it, its newest checkpoint and its witnesses. */
import { anchorFolder, maxFileSize, newestPath } from '../audit/anchor/files.ts';
import { type KnownSigners, verifiedRead } from '../audit/anchor/newest-checkpoint.ts';
import { knownVaultKeys } from '../audit/anchor/vault-cosignature.ts';
import { readCheckpoint } from '../audit/tlog/checkpoint.ts';
import { keyLine, readKeyLine, signingKey, type VerifierKey } from '../audit/tlog/keys.ts';
import { optionsForAzure } from '../config/azure-from-config.ts';
import type { Config } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import type { AnchorPlace, AnchorSettings } from '../config/settings/audit-log.ts';
import type { AnchorFiles, AnchorSource, WitnessBook } from '../domain/ports/published-log.ts';
import { summarizeWitnesses, type WitnessSummary } from '../domain/witnessing.ts';
import { logKeyUse } from '../text/record.ts';
import { loadKeys } from './load-keys.ts';

export interface PublishedLogFiles {
  /** Reads files like `verifiedRead`. */
  readonly read: AnchorFiles['read'];
  readonly witnessKeys: readonly VerifierKey[];
  /** Keys of vaults, the log and witnesses. */
  readonly keys: () => Promise<readonly VerifierKey[]>;
}

/** Returns the log's own verifier keys, oldest first, from its signing keys. Throws like {@link loadKeys}. */
export async function logVerifiers(
  { key, name }: Pick<AnchorSettings, 'key' | 'name'>,
  config: Pick<Config, 'azure'>,
): Promise<readonly VerifierKey[]> {
  const { keys } = await loadKeys(key, config, logKeyUse);
  return keys.map((seed) => signingKey(name, 'log', seed).verifier);
}

/** Opens the log. `logKeys`: the log's own keys, oldest first. */
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

/** Returns the bot's own keys of the log as a verifier's keys file. */
export function keysFileOf(
  keys: readonly VerifierKey[],
  { witnesses, witnessesNeeded }: Pick<AnchorSettings, 'witnesses' | 'witnessesNeeded'>,
): string {
  const quorum = witnessesNeeded < witnesses.length ? [`quorum ${witnessesNeeded}`] : [];
  return [...keys.map(keyLine), ...quorum].map((line) => `${line}\n`).join('');
}

/** Returns the place's name for people. */
export const anchorName = (place: AnchorPlace): string => (place.kind === 'folder' ? place.folder : place.url);

/** Opens the place. Loads the blob client only for containers: it loads slowly. Throws {@link ConfigurationError}. */
export async function anchorFiles(
  place: AnchorPlace,
  config: Pick<Config, 'azure'>,
): Promise<AnchorFiles & AnchorSource> {
  if (place.kind === 'folder') return anchorFolder(place.folder);
  const { anchorContainer, NotStorage } = await import('../azure/anchor-container.ts');
  try {
    return anchorContainer({ url: place.url, maxSize: maxFileSize, ...optionsForAzure(config) });
  } catch (error) {
    throw error instanceof NotStorage ? new ConfigurationError(`CMK_ANCHOR: ${error.message}`) : error;
  }
}

interface NewestCheckpoint {
  /** Number of events that it covers. */
  readonly size: number;
  /** The signed note. */
  readonly note: string;
}

/** Returns the newest checkpoint; null: nothing published yet. Throws if the place isn't reachable. */
export async function newestPublishedCheckpoint({ read }: Pick<AnchorFiles, 'read'>): Promise<NewestCheckpoint | null> {
  const note = (await read(newestPath))?.toString('utf8') ?? '';
  const checkpoint = readCheckpoint(note.slice(0, note.indexOf('\n\n') + 1));
  return checkpoint === null ? null : { size: checkpoint.size, note };
}

/** Returns a reader of the cosigners' state; null: no witnesses and no vault key are configured. */
export function witnessingFor(
  { anchor }: Pick<Config, 'anchor'>,
  book: Pick<WitnessBook, 'of'>,
): (() => Promise<WitnessSummary>) | null {
  if (anchor === null || (anchor.witnesses.length === 0 && anchor.vaultKey === null)) return null;
  const { witnesses, witnessesNeeded: needed, vaultKey } = anchor;
  const keys = witnesses.map(({ key }) => key);
  return async () => summarizeWitnesses({ keys, needed, vaultKey }, await book.of(anchor.name));
}
