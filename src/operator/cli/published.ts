/** A log that was published in a folder, read and checked at the command line. */
import { readFile, stat } from 'node:fs/promises';
import { anchorFolder, keysPath } from '../../audit/anchor/files.ts';
import { AnchorReader, AnchorUnusable, isVaultSigned } from '../../audit/anchor/read-anchor.ts';
import type { Finding } from '../../audit/verify.ts';
import { readConfig } from '../../config/config.ts';
import type { AnchorSource } from '../../domain/ports/anchor.ts';
import { checkWitnesses, type GivenKeys, readGivenKeys, type WitnessCheck } from './given-keys.ts';
import { Unusable } from './inputs.ts';

export const isFolder = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** What was looked at of a published log, and how it stands. */
export interface PublishedReport {
  readonly origin: string;
  readonly events: number;
  readonly checkpoints: number;
  /** Who signed the newest checkpoint beside the log, by the keys that were given, and when. */
  readonly witnesses: readonly { readonly name: string; readonly at: string }[];
  /** What a key in a vault signed as well; null: none was given. */
  readonly vaultKey: {
    /** The newest checkpoint. */
    readonly newest: boolean;
    /** How many of the checkpoints that are kept. */
    readonly checkpoints: number;
  } | null;
  /** From the line `quorum N` of the keys; null: there is none. */
  readonly quorum: number | null;
  readonly witnessCheck: WitnessCheck;
  readonly keysGiven: boolean;
  readonly findings: readonly Finding[];
}

export interface OpenedAnchor {
  readonly reader: AnchorReader;
  /** The keys came from elsewhere than the folder itself. */
  readonly keysGiven: boolean;
  readonly given: GivenKeys;
  /** A key in a vault is among the keys. */
  readonly vaultKey: boolean;
}

/** A published log is in a folder, or in a container of blobs. */
export const isContainer = (place: string): boolean => place.startsWith('https://');

/** Azure's clients take a while to load. */
async function container(place: string): Promise<AnchorSource> {
  const { anchorFiles } = await import('../published-log.ts');
  return anchorFiles({ kind: 'container', url: place.replace(/\/+$/, '') }, readConfig());
}

/** A container is read as the bot reads it, with its whole configuration; a folder by anybody. */
async function sourceOf(place: string): Promise<AnchorSource> {
  const said = (error: Error): never => {
    throw new Unusable(`reading the log published in ${place}: ${error.message}`);
  };
  const { read, sizes } = isContainer(place) ? await container(place).catch(said) : anchorFolder(place);
  return { read: (path) => read(path).catch(said), sizes: () => sizes().catch(said) };
}

/** Opens it with keys from a file, else with those that lie beside it. Throws {@link Unusable}. */
export async function openPublished(folder: string, keyFile: string | undefined): Promise<OpenedAnchor> {
  const files = await sourceOf(folder);
  const text = keyFile === undefined ? await files.read(keysPath) : await readFile(keyFile).catch(() => null);
  if (text === null) {
    throw new Unusable(
      keyFile === undefined
        ? `no log was published in ${folder}: there is no ${keysPath}. Name the log’s key with --log-key.`
        : `${keyFile} is not there, or may not be read`,
    );
  }
  try {
    const [said, where] = [text.toString('utf8'), keyFile ?? `${folder}/${keysPath}`];
    const given = readGivenKeys(said, where);
    const reader = await AnchorReader.open(files, given.keys);
    const vaultKey = given.keys.some(({ kind, name }) => kind === 'vault' && name === reader.newest.origin);
    return { reader, keysGiven: keyFile !== undefined, given, vaultKey };
  } catch (error) {
    if (!(error instanceof AnchorUnusable)) throw error;
    throw new Unusable(`reading the log published in ${folder}: ${error.message}`);
  }
}

/** A key in a vault was given, and has not signed the newest checkpoint. */
export const vaultMissing = ({ vaultKey }: PublishedReport): boolean => vaultKey !== null && !vaultKey.newest;

/** Once its events were read to the end. */
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
