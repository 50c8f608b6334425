/** Verifies an export file on its own, without the database. */
import { BaselineExport, ExportLine } from './export-jsonl.ts';
import { type AuditLogReport, openAuditLogVerifier, type VerifyOptions } from './verify-audit-log.ts';

/** The file isn't an export, or not of a supported version. */
export class NotAnExport extends Error {
  override readonly name = 'NotAnExport';
}

function lineOf(line: string): ExportLine | null {
  try {
    return ExportLine.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** Verifies line by line. Throws {@link NotAnExport} if the first line isn't an export header. */
export async function verifyExport(lines: AsyncIterable<string>, options: VerifyOptions): Promise<AuditLogReport> {
  let verifier: ReturnType<typeof openAuditLogVerifier> | null = null;
  let report: AuditLogReport | null = null;
  let number = 0;
  for await (const text of lines) {
    number += 1;
    const line = lineOf(text);
    if (verifier === null) {
      const { after, part } = headerOf(line);
      verifier = openAuditLogVerifier(part === undefined ? options : { ...options, part }, after);
      continue;
    }
    if (report !== null) verifier.note('line-unreadable', `line ${number} of the file comes after the head`);
    if (line?.kind === 'event') verifier.event(line);
    else if (line?.kind === 'text') verifier.text(line);
    else if (line?.kind === 'head') report = verifier.end(line);
    else verifier.note('line-unreadable', `line ${number} of the file is not a line of an export`);
  }
  if (verifier === null) throw new NotAnExport('the file is empty');
  if (report !== null) return report;
  verifier.note('head-differs', `the file ends after line ${number} without its head: it was cut short`);
  return verifier.end();
}

function headerOf(line: ExportLine | null) {
  if (line?.kind !== 'header') throw new NotAnExport('it does not start as an export of this program does');
  return line;
}

/**
 * Reads an older export as a baseline. Throws {@link NotAnExport} if it doesn't verify on its own: then it proves nothing about
 * another log.
 */
export async function readBaselineExport(lines: () => AsyncIterable<string>): Promise<BaselineExport> {
  const { findings } = await verifyExport(lines(), { keys: null });
  const [first] = findings;
  if (first !== undefined) throw new NotAnExport(`it does not verify by itself: event ${first.seq}, ${first.kind}`);
  const older = new BaselineExport();
  for await (const text of lines()) {
    const line = lineOf(text);
    if (line?.kind === 'event') older.add(line);
  }
  return older;
}
