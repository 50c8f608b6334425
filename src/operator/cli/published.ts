/** Reads and verifies a published log at the command line. */
import { readFile, stat } from 'node:fs/promises';
import { anchorFolder, keysPath } from '../../audit/anchor/files.ts';
import { AnchorReader, AnchorUnusable, isVaultSigned } from '../../audit/anchor/read-anchor.ts';
import type { Finding } from '../../audit/verify.ts';
import { readConfig } from '../../config/config.ts';
import type { AnchorSource } from '../../domain/ports/published-log.ts';
import { Unusable } from './inputs.ts';
import { checkWitnesses, parseVerifierKeys, type VerifierKeysFile, type WitnessCheck } from './verifier-keys.ts';

export const isFolder = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );

export interface PublishedReport {
  readonly origin: string;
  readonly events: number;
  readonly checkpoints: number;
  /** Witnesses that signed the newest checkpoint, by the given keys, and when. */
  readonly witnesses: readonly { readonly name: string; readonly at: string }[];
  /** Cosignatures of the given vault key; null: no vault key was given. */
  readonly vaultKey: {
    /** It signed the newest checkpoint. */
    readonly newest: boolean;
    /** Number of stored checkpoints that it signed. */
    readonly checkpoints: number;
  } | null;
  /** From the line `quorum N` of the keys; null: none. */
  readonly quorum: number | null;
  readonly witnessCheck: WitnessCheck;
  readonly keysGiven: boolean;
  readonly findings: readonly Finding[];
}

export interface OpenedAnchor {
  readonly reader: AnchorReader;
  /** The keys were given, or are the bot's own: they weren't read from the published log. */
  readonly keysGiven: boolean;
  readonly given: VerifierKeysFile;
  /** The keys include a vault key. */
  readonly vaultKey: boolean;
}

/** Returns whether the place is a blob container; else it's a folder. */
export const isContainer = (place: string): boolean => place.startsWith('https://');

/** Loads Azure's clients only here: they load slowly. */
async function container(place: string): Promise<AnchorSource> {
  const { anchorFiles } = await import('../published-log.ts');
  return anchorFiles({ kind: 'container', url: place.replace(/\/+$/, '') }, readConfig());
}

/** Opens the source. A container needs the bot's complete configuration; a folder needs none. */
async function sourceOf(place: string): Promise<AnchorSource> {
  const rethrow = (error: Error): never => {
    throw new Unusable(`reading the log published in ${place}: ${error.message}`);
  };
  const { read, sizes } = isContainer(place) ? await container(place).catch(rethrow) : anchorFolder(place);
  return { read: (path) => read(path).catch(rethrow), sizes: () => sizes().catch(rethrow) };
}

/**
 * Opens a published log with keys from a file, else with the bot's own, else with those stored next to it. `own`: as a keys file.
 * Throws {@link Unusable}.
 */
export async function openPublished(
  folder: string,
  keyFile: string | undefined,
  own: string | null = null,
): Promise<OpenedAnchor> {
  const files = await sourceOf(folder);
  const text =
    keyFile === undefined ? (own ?? (await files.read(keysPath))) : await readFile(keyFile).catch(() => null);
  if (text === null) {
    throw new Unusable(
      keyFile === undefined
        ? `${folder} has no published log: there is no ${keysPath}. Name the file with the log’s key with --log-key.`
        : `${keyFile} doesn’t exist, or this user can’t read it`,
    );
  }
  try {
    const given = parseVerifierKeys(String(text), keyFile ?? (own === null ? `${folder}/${keysPath}` : 'own keys'));
    const reader = await AnchorReader.open(files, given.keys);
    const vaultKey = given.keys.some(({ kind, name }) => kind === 'vault' && name === reader.newest.origin);
    return { reader, keysGiven: keyFile !== undefined || own !== null, given, vaultKey };
  } catch (error) {
    if (!(error instanceof AnchorUnusable)) throw error;
    throw new Unusable(`reading the log published in ${folder}: ${error.message}`);
  }
}

/** Returns whether a vault key was given that didn't sign the newest checkpoint. */
export const vaultMissing = ({ vaultKey }: PublishedReport): boolean => vaultKey !== null && !vaultKey.newest;

/** Returns the report. Call it after reading all events. */
export function publishedReport({ reader, keysGiven, given, vaultKey }: OpenedAnchor): PublishedReport {
  const witnessCheck = checkWitnesses(given, reader.newest.signatures);
  return {
    origin: reader.newest.origin,
    events: reader.newest.size,
    checkpoints: reader.checkpoints,
    witnesses: witnessCheck.signed,
    vaultKey: vaultKey ? { newest: isVaultSigned(reader.newest), checkpoints: reader.vaultSigned } : null,
    quorum: given.quorum,
    witnessCheck,
    keysGiven,
    findings: reader.findings,
  };
}
