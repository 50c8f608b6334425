/** Verifies an evidence pack at the command line. */
import { open, readFile } from 'node:fs/promises';
import { isVaultSigned } from '../audit/anchor/read-anchor.ts';
import { filesOf, type NoArchive } from '../audit/pack/archive.ts';
import { type PackFiles, packFile } from '../audit/pack/files.ts';
import { packInLog } from '../audit/pack/in-log.ts';
import { type PackReport, PackUnusable, verifyPack } from '../audit/pack/verify-pack.ts';
import { reportFacts } from '../evidence/make-pack.ts';
import { madeBy, reportOf } from '../evidence/report/report.ts';
import { parseEventBody } from '../operations/registry.ts';
import { keysIn, openPublished } from './published.ts';
import { type Exit, exit } from './subcommand.ts';
import { Unusable } from './unusable.ts';
import type { JudgedPack } from './words/pack.ts';

/** How every zip begins. */
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

const noArchive: Readonly<Record<NoArchive, string>> = {
  'not-a-zip': 'it is cut off, or no zip',
  'too-large': 'it is larger than any evidence pack',
  'name-twice': 'it holds two files of one name',
};

/** The report is made anew, of what is in the pack; of another version's nothing can be said. */
function pageOf(files: PackFiles, { request, events }: PackReport): JudgedPack['page'] {
  const page = files.get(packFile.report)?.toString('utf8') ?? '';
  if (request !== null && reportOf(reportFacts(files, request, events)) === page) return 'same';
  return page.includes(madeBy) ? 'differs' : 'of-another-version';
}

export interface PackQuestion {
  readonly file: string;
  readonly keyFile: string | undefined;
  /** A published log to compare with. */
  readonly anchor: string | undefined;
}

/** Throws {@link Unusable}. */
export async function judgePack({ file, keyFile, anchor }: PackQuestion): Promise<JudgedPack> {
  const files = filesOf(await readFile(file));
  if (typeof files === 'string') throw new Unusable(`reading ${file}: ${noArchive[files]}`);
  const given = keyFile === undefined ? files.get(packFile.keys) : await readFile(keyFile).catch(() => undefined);
  if (given === undefined) throw new Unusable(`${keyFile ?? packFile.keys} is not there, or may not be read`);
  const keys = keysIn(given.toString('utf8'), keyFile ?? packFile.keys);
  const report = await verifyPack(files, keys, parseEventBody).catch((error: unknown) => {
    throw error instanceof PackUnusable ? new Unusable(`reading ${file}: ${error.message}`) : error;
  });
  const published = anchor === undefined ? null : await openPublished(anchor, keyFile);
  const log = published === null ? null : await packInLog(report, published.reader);
  const whole =
    log === null || published === null ? null : { ...log, findings: [...log.findings, ...published.reader.findings] };
  const { checkpoint } = report;
  const hasVaultKey = keys.some(({ kind, name }) => kind === 'vault' && name === checkpoint?.origin);
  const vaultSigned = hasVaultKey && checkpoint !== null ? isVaultSigned(checkpoint) : null;
  return { report, log: whole, keysGiven: keyFile !== undefined, vaultSigned, page: pageOf(files, report) };
}

export function packExit({ report, log, keysGiven, vaultSigned, page }: JudgedPack): Exit {
  if (report.findings.length + (log?.findings.length ?? 0) > 0 || page === 'differs') return exit.no;
  return keysGiven && page === 'same' && vaultSigned !== false ? exit.done : exit.unchecked;
}

/** As `--json` tells of it. Fields may be added, never renamed. */
export const packJson = ({ report, log, keysGiven, vaultSigned, page }: JudgedPack) => {
  const { checkpoint, request, verdict, events, texts, findings } = report;
  return {
    request: request?.id ?? null,
    resource: request?.plan.wish.resource.id ?? null,
    state: request?.state ?? null,
    verdict,
    requester: request?.requester ?? null,
    approvers: request?.approvals.map(({ by }) => by) ?? [],
    planDigest: request?.digest ?? null,
    events: events.length,
    texts,
    origin: checkpoint?.origin ?? null,
    size: checkpoint?.size ?? null,
    witnesses: checkpoint?.signatures.flatMap(({ key, time }) =>
      time === null ? [] : [{ name: key.name, at: new Date(time * 1000).toISOString() }],
    ),
    vaultSigned,
    keysGiven,
    report: page,
    log: log === null ? null : { size: log.size, more: log.more },
    findings: [...findings, ...(log?.findings ?? [])],
  };
};
