/** Verifies an evidence pack at the command line. */
import { isUtf8 } from 'node:buffer';
import { open, readFile } from 'node:fs/promises';
import { isVaultSigned, openCheckpoint, type SignedCheckpoint } from '../../audit/anchor/read-anchor.ts';
import { reportFacts, signedBy } from '../../audit/evidence/make-pack.ts';
import { madeBy, madeOfIn, reportOf } from '../../audit/evidence/report/report.ts';
import { statementMadeBy, statementReport } from '../../audit/evidence/statement/report.ts';
import {
  filesOf,
  type NoArchive,
  oldVerifier,
  optionalFiles,
  type PackFiles,
  packFile,
  statementFile,
} from '../../audit/pack/files.ts';
import {
  compareWithCheckpoint,
  compareWithLog,
  type LogComparison,
  nothingRead,
  type PackReport,
  PackUnusable,
} from '../../audit/pack/pack-report.ts';
import { verifyPack } from '../../audit/pack/verify-pack.ts';
import { verifyStatement } from '../../audit/pack/verify-statement.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { exit, Unusable, unusableIf, type VerificationExit } from './subcommand.ts';
import { checkWitnesses, hasVaultKey, parseVerifierKeys, type VerifierKeysFile } from './verifier-keys.ts';
import { isContainer, isFolder, openPublished } from './verify-sources.ts';
import { isProved, type VerifiedPack } from './words/pack.ts';

/** First bytes of every zip. */
const zipMark = Buffer.from('PK');

export async function isArchive(file: string): Promise<boolean> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(zipMark.length), 0, zipMark.length, 0);
    return bytesRead === zipMark.length && buffer.equals(zipMark);
  } finally {
    await handle.close();
  }
}

const archiveFaults: Readonly<Record<Exclude<NoArchive, 'not-a-zip'>, string>> = {
  'too-large': 'larger than an evidence pack can be',
  'name-twice': 'two of its files have the same name',
  'not-as-written':
    'not the zip that the bot writes: it has data before, between or after its files, or it was zipped again',
};

const refusedPack = (detail: string): PackReport => ({
  ...nothingRead,
  findings: [{ seq: 0, kind: 'file-damaged', detail }],
});

/** The report as made from the files; null: they say too little. */
function reportFrom(files: PackFiles, { request, events, statement }: PackReport): string | null {
  if (statement !== null) return statementReport({ statement, ...signedBy(files) });
  return request === null ? null : reportOf(reportFacts(files, request, events));
}

/** Compares the report with one made from the pack. A report of another version can't be judged. */
function pageOf(files: PackFiles, report: PackReport): Pick<VerifiedPack, 'page' | 'blamed'> {
  const page = files.get(packFile.report)?.toString('utf8') ?? '';
  if (reportFrom(files, report) === page) return { page: 'same', blamed: [] };
  if (!page.includes(report.statement === null ? madeBy : statementMadeBy))
    return { page: 'of-another-version', blamed: [] };
  const reported = new Set(madeOfIn(page)?.split('; '));
  const changed = signedBy(files)
    .madeOf.split('; ')
    .filter((one) => !reported.has(one));
  const sources = changed.map((one) => one.split(' ')[0] ?? '');
  return { page: 'differs', blamed: sources.length === 0 ? [packFile.report] : sources };
}

/** Returns the files that prove nothing: a forger could write anything in them. */
const unprovedIn = (files: PackFiles): readonly string[] =>
  [packFile.readme, packFile.controls, packFile.names, packFile.keys, oldVerifier].filter((name) => files.has(name));

/** Returns names in the checkpoint's signatures whose keys weren't given. */
function unknownSignersIn(files: PackFiles, { checkpoint }: PackReport): readonly string[] {
  const known = new Set(checkpoint?.signatures.map(({ line }) => line.trimEnd()));
  const note = files.get(packFile.checkpoint)?.toString('utf8') ?? '';
  const others = note.split('\n').filter((line) => line.startsWith('\u2014 ') && !known.has(line));
  return [...new Set(others.map((line) => line.split(' ')[1] ?? ''))].sort();
}

/**
 * Opens a checkpoint that someone kept. An editor can add a byte order mark, and change the ends of lines: both belong to the file,
 * not to the signed text. Throws {@link Unusable}.
 */
export async function openKept(saved: Buffer, file: string, { keys }: VerifierKeysFile): Promise<SignedCheckpoint> {
  if (!isUtf8(saved)) throw new Unusable(`reading the checkpoint: ${file}: not text in UTF-8: save it as UTF-8`);
  const note = `${new TextDecoder().decode(saved).replaceAll('\r\n', '\n').trimEnd()}\n`;
  const { checkpoint, fault } = await openCheckpoint(async () => Buffer.from(note), file, keys);
  if (checkpoint === null) throw new Unusable(`reading the checkpoint: ${fault}`);
  return checkpoint;
}

/** Compares the pack. Throws {@link Unusable}. */
async function compareWith(
  report: PackReport,
  anchor: string,
  keyFile: string | undefined,
  known: VerifierKeysFile,
): Promise<LogComparison> {
  const saved = isContainer(anchor) || (await isFolder(anchor)) ? null : await readFile(anchor).catch(() => null);
  if (saved === null) {
    const { reader } = await openPublished(anchor, keyFile);
    const log = await compareWithLog(report, reader);
    return { ...log, findings: [...log.findings, ...reader.findings] };
  }
  const checkpoint = await openKept(saved, anchor, known);
  if (checkpoint.origin === report.checkpoint?.origin) return compareWithCheckpoint(report, checkpoint);
  throw new Unusable(`reading the checkpoint: ${anchor} belongs to another log`);
}

/** Verifies a pack file. `anchor`: a published log or a saved checkpoint to compare with. Throws {@link Unusable}. */
export async function verifyPackFile(
  file: string,
  keyFile: string | undefined,
  anchor: string | undefined,
): Promise<VerifiedPack> {
  const read = filesOf(await readFile(file));
  if (read === 'not-a-zip') throw new Unusable(`reading ${file}: it is incomplete, or not a zip file`);
  const files: PackFiles = typeof read === 'string' ? new Map() : read;
  const given = keyFile === undefined ? files.get(packFile.keys) : await readFile(keyFile).catch(() => undefined);
  if (given === undefined) throw new Unusable(`${keyFile ?? packFile.keys} doesn’t exist, or this user can’t read it`);
  const known = parseVerifierKeys(given.toString('utf8'), keyFile ?? packFile.keys);
  const report = await (typeof read === 'string'
    ? refusedPack(archiveFaults[read])
    : (files.has(statementFile) ? verifyStatement : verifyPack)(files, known.keys, parseEventBody).catch(
        unusableIf(PackUnusable, (why) => `reading ${file}: ${why}`),
      ));
  const log =
    anchor === undefined || report.checkpoint === null ? null : await compareWith(report, anchor, keyFile, known);
  const { checkpoint } = report;
  const vaultSigned = checkpoint !== null && hasVaultKey(known, checkpoint.origin) ? isVaultSigned(checkpoint) : null;
  return {
    report,
    log,
    keysGiven: keyFile !== undefined,
    vaultSigned,
    witnesses: checkWitnesses(known, checkpoint?.signatures ?? []),
    ...pageOf(files, report),
    unproved: unprovedIn(files),
    missing: files.has(statementFile) ? [] : optionalFiles.filter((name) => !files.has(name)),
    strangers: unknownSignersIn(files, report),
  };
}

export function packExit(verified: VerifiedPack): VerificationExit {
  const { report, log, page } = verified;
  if (report.findings.length + (log?.findings.length ?? 0) > 0 || page === 'differs') return exit.no;
  return page === 'same' && isProved(verified) ? exit.done : exit.unchecked;
}

/** Fields for `--json`. They can be added, never renamed. */
export const packJson = ({ report, log, keysGiven, vaultSigned, witnesses, page, blamed, unproved }: VerifiedPack) => {
  const { checkpoint, request, verdict, statement, events, texts, findings } = report;
  return {
    request: request?.id ?? null,
    resource: request?.plan.wish.resource.id ?? null,
    state: request?.state ?? null,
    verdict,
    statement,
    requester: request?.requester ?? null,
    approvers: request?.approvals.map(({ by }) => by) ?? [],
    planDigest: request?.digest ?? null,
    events: statement?.log.events ?? events.length,
    texts,
    origin: checkpoint?.origin ?? null,
    size: checkpoint?.size ?? null,
    witnesses: witnesses.signed,
    witnessCheck: witnesses,
    vaultSigned,
    keysGiven,
    report: page,
    blamed,
    unproved,
    weak: report.weak,
    older: report.older === null ? null : { size: report.older.size, root: report.older.root.toString('base64') },
    log: log === null ? null : { size: log.size, more: log.more, relation: log.relation },
    findings: [...findings, ...(log?.findings ?? [])],
  };
};
