/** Sources of the verifier: the database, an export or a published log, and baselines. */
import { createReadStream } from 'node:fs';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { anchorFolder, keysPath } from '../../audit/anchor/files.ts';
import { AnchorReader, AnchorUnusable } from '../../audit/anchor/read-anchor.ts';
import { BaselineExport } from '../../audit/export-jsonl.ts';
import { type Finding, lineFrom } from '../../audit/verify.ts';
import { type AuditLogReport, AuditLogVerifier, type VerifyOptions } from '../../audit/verify-audit-log.ts';
import { NotAnExport, readBaselineExport, verifyExport } from '../../audit/verify-export.ts';
import { readConfig } from '../../config/config.ts';
import type { AnchorSource } from '../../domain/ports/published-log.ts';
import type { Link } from '../../domain/record/chain.ts';
import type { Records } from '../rpc/calls.ts';
import { readRecord } from './open-records.ts';
import { exit, Unusable, unusableIf, type VerificationExit } from './subcommand.ts';
import {
  checkWitnesses,
  isWitnessed,
  parseVerifierKeys,
  type VerifierKeysFile,
  type WitnessCheck,
} from './verifier-keys.ts';

export const isFolder = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );

export interface PublishedReport {
  readonly origin: string;
  readonly events: number;
  readonly checkpoints: number;
  /** Number of stored checkpoints of a key of the log that wasn't given. */
  readonly keysMissing: number;
  /** Witnesses that signed the newest checkpoint, by the given keys, and when. */
  readonly witnesses: readonly { readonly name: string; readonly at: string }[];
  /** From the line `quorum N` of the keys; null: none. */
  readonly quorum: number | null;
  readonly witnessCheck: WitnessCheck;
  readonly keysGiven: boolean;
  readonly findings: readonly Finding[];
}

export interface OpenedAnchor {
  readonly reader: AnchorReader;
  /** The keys were given: they weren't read from the published log. */
  readonly keysGiven: boolean;
  readonly given: VerifierKeysFile;
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

/** Opens a published log with keys from a file, else with those stored next to it. Throws {@link Unusable}. */
export async function openPublished(folder: string, keyFile: string | undefined): Promise<OpenedAnchor> {
  const files = await sourceOf(folder);
  const text = keyFile === undefined ? await files.read(keysPath) : await readFile(keyFile).catch(() => null);
  if (text === null) {
    throw new Unusable(
      keyFile === undefined
        ? `${folder} has no published log: there is no ${keysPath}. Name the file with the log’s key with --log-key.`
        : `${keyFile} doesn’t exist, or this user can’t read it`,
    );
  }
  const given = parseVerifierKeys(String(text), keyFile ?? `${folder}/${keysPath}`);
  const unusable = unusableIf(AnchorUnusable, (why) => `reading the log published in ${folder}: ${why}`);
  const reader = await AnchorReader.open(files, given.keys).catch(unusable);
  return { reader, keysGiven: keyFile !== undefined, given };
}

/** Returns the report. Call it after reading all events. */
export function publishedReport({ reader, keysGiven, given }: OpenedAnchor): PublishedReport {
  const { newest } = reader;
  const witnessCheck = checkWitnesses(given, newest.signatures);
  return {
    origin: newest.origin,
    events: newest.size,
    checkpoints: reader.checkpoints,
    keysMissing: reader.keysMissing,
    witnesses: witnessCheck.signed,
    quorum: given.quorum,
    witnessCheck,
    keysGiven,
    findings: reader.findings,
  };
}

/** Verifies the database. Derived data is read first: later events come after it. */
export async function verifyStore(
  records: Records,
  options: VerifyOptions,
  count: () => void,
): Promise<AuditLogReport> {
  const verifier = new AuditLogVerifier({ ...options, derived: await records.derived({}) });
  const events = readRecord(records);
  for (;;) {
    const next = await events.next();
    if (next.done) return verifier.end(next.value);
    verifier.event(next.value.line);
    count();
    for (const text of next.value.texts) verifier.text(text);
  }
}

/** Verifies a published log, which has no texts and seals. */
export async function verifyPublished(
  reader: AnchorReader,
  options: VerifyOptions,
  count: () => void,
): Promise<AuditLogReport> {
  const verifier = new AuditLogVerifier({ ...options, keys: null, bodiesOnly: true });
  for await (const body of reader.bodies()) {
    verifier.event(lineFrom(body));
    count();
  }
  return verifier.end(verifier.last);
}

/** Returns the exit code. Scripts must be able to detect unchecked seals and log keys. */
export function exitOutcomeOf(
  { findings, seals }: AuditLogReport,
  published: PublishedReport | null,
): VerificationExit {
  if (findings.length + (published?.findings.length ?? 0) > 0) return exit.no;
  // A published log has no seals, so without the database there is nothing to check.
  const sealsDone = seals.checked || seals.sealed === 0;
  const signed = published === null || (isWitnessed(published.witnessCheck) && published.keysMissing === 0);
  return published?.keysGiven === false || !sealsDone || !signed ? exit.unchecked : exit.done;
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  await access(file, constants.R_OK).catch(() => {
    throw new Unusable(`${file} doesn’t exist, or this user can’t read it`);
  });
  return read().catch(unusableIf(NotAnExport, (why) => `reading ${file}: ${why}`));
}

/** Verifies an export. Throws {@link Unusable}. */
export const verifyFile = (file: string, options: VerifyOptions, count: () => void): Promise<AuditLogReport> =>
  readable(file, () => verifyExport(counted(fileLines(file), count), options));

async function* counted(lines: AsyncIterable<string>, count: () => void): AsyncGenerator<string> {
  for await (const line of lines) {
    count();
    yield line;
  }
}

/** Returns the baseline from all given sources; null: none. Throws {@link Unusable}. */
export async function openBaseline(
  against: string | undefined,
  noted: Link | undefined,
  published: OpenedAnchor | null,
): Promise<BaselineExport | null> {
  if (against === undefined && noted === undefined && published === null) return null;
  const known =
    against === undefined
      ? new BaselineExport()
      : await readable(against, () => readBaselineExport(() => fileLines(against)));
  if (noted !== undefined) known.add(noted);
  if (published !== null) for await (const body of published.reader.bodies()) known.add(lineFrom(body));
  return known;
}

/**
 * Splits lines only at `
 * `: `node:readline` also splits at characters that JSON can contain.
 */
async function* fileLines(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
