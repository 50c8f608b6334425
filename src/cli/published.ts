/** A log that was published in a folder, read and checked at the command line. */
import { readFile, stat } from 'node:fs/promises';
import { keysPath } from '../audit/anchor/files.ts';
import { anchorFolder } from '../audit/anchor/folder.ts';
import { AnchorReader, AnchorUnusable, isVaultSigned } from '../audit/anchor/read-anchor.ts';
import { readKeyLine, type VerifierKey } from '../audit/tlog/verifier-key.ts';
import type { Finding } from '../audit/verify.ts';
import { readConfig } from '../config/read-config.ts';
import type { AnchorSource } from '../domain/ports/anchor.ts';
import { Unusable } from './unusable.ts';
import { keyLineWords } from './words/key-line.ts';

export const isFolder = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Verifier keys, a line each; empty lines and those that start with # are for people. */
const linesIn = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

const quorumLine = /^quorum ([1-9]\d{0,2})$/;

/** How many of the witnesses in the file have to have signed, by its line `quorum N`; null: it has none. */
function quorumIn(text: string, keys: readonly VerifierKey[], where: string): number | null {
  const [line] = linesIn(text).flatMap((one) => quorumLine.exec(one)?.[1] ?? []);
  const quorum = line === undefined ? null : Number(line);
  const witnesses = keys.filter(({ kind }) => kind === 'witness').length;
  if (quorum !== null && quorum > witnesses) throw new Unusable(`${where}: quorum ${quorum} of ${witnesses} witnesses`);
  return quorum;
}

export function keysIn(text: string, where: string): readonly VerifierKey[] {
  return linesIn(text).flatMap((line) => {
    if (quorumLine.test(line)) return [];
    const key = readKeyLine(line);
    if (typeof key !== 'string') return key;
    throw new Unusable(`${where}: ${keyLineWords[key]}`);
  });
}

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
  /** How many have to have signed it; null: nobody said. */
  readonly quorum: number | null;
  readonly keysGiven: boolean;
  readonly findings: readonly Finding[];
}

export interface OpenedAnchor {
  readonly reader: AnchorReader;
  /** The keys came from elsewhere than the folder itself. */
  readonly keysGiven: boolean;
  readonly quorum: number | null;
  /** A key in a vault is among the keys. */
  readonly vaultKey: boolean;
}

/** A published log is in a folder, or in a container of blobs. */
export const isContainer = (place: string): boolean => place.startsWith('https://');

/** A container is read as the bot reads it, with its whole configuration; a folder by anybody. */
async function sourceOf(place: string): Promise<AnchorSource> {
  if (!isContainer(place)) return anchorFolder(place);
  // Azure's clients take a while to load.
  const { anchorFiles } = await import('../operator/anchor-files.ts');
  const url = place.replace(/\/+$/, '');
  const said = (error: Error): never => {
    throw new Unusable(`reading the log published in ${place}: ${error.message}`);
  };
  const { read, sizes } = await anchorFiles({ kind: 'container', url }, readConfig()).catch(said);
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
    const keys = keysIn(said, where);
    const quorum = quorumIn(said, keys, where);
    const reader = await AnchorReader.open(files, keys);
    const vaultKey = keys.some(({ kind, name }) => kind === 'vault' && name === reader.newest.origin);
    return { reader, keysGiven: keyFile !== undefined, quorum, vaultKey };
  } catch (error) {
    if (!(error instanceof AnchorUnusable)) throw error;
    throw new Unusable(`reading the log published in ${folder}: ${error.message}`);
  }
}

/** Fewer witnesses signed the newest checkpoint than have to. One that signed twice counts once. */
export const tooFew = ({ quorum, witnesses }: PublishedReport): boolean =>
  quorum !== null && new Set(witnesses.map(({ name }) => name)).size < quorum;

/** A key in a vault was given, and has not signed the newest checkpoint. */
export const vaultMissing = ({ vaultKey }: PublishedReport): boolean => vaultKey !== null && !vaultKey.newest;

/** Once its events were read to the end. */
export const reportOf = ({ reader, keysGiven, quorum, vaultKey }: OpenedAnchor): PublishedReport => ({
  origin: reader.newest.origin,
  events: reader.newest.size,
  checkpoints: reader.checkpoints,
  witnesses: reader.newest.signatures.flatMap(({ key, time }) =>
    time === null ? [] : [{ name: key.name, at: new Date(time * 1000).toISOString() }],
  ),
  vaultKey: vaultKey ? { newest: isVaultSigned(reader.newest), checkpoints: reader.vaultSigned } : null,
  quorum,
  keysGiven,
  findings: reader.findings,
});
