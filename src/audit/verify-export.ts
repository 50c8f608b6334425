/** Verifies an exported file by itself, without the store it came from. */
import { ExportLine } from './export-jsonl.ts';
import { type RecordReport, RecordVerifier } from './verify-record.ts';

/** This is not an export, or not one this program can read. */
export class NotAnExport extends Error {
  override readonly name = 'NotAnExport';
}

function read(line: string): ExportLine | null {
  try {
    return ExportLine.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** Reads line after line. Throws {@link NotAnExport} when the first one is not an export's header. */
export async function verifyExport(lines: AsyncIterable<string>): Promise<RecordReport> {
  let verifier: RecordVerifier | null = null;
  let report: RecordReport | null = null;
  let number = 0;
  for await (const text of lines) {
    number += 1;
    const line = read(text);
    if (verifier === null) {
      verifier = new RecordVerifier(headerOf(line).after);
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
  return verifier.end(verifier.last);
}

function headerOf(line: ExportLine | null) {
  if (line?.kind !== 'header') throw new NotAnExport('it does not start as an export of this program does');
  return line;
}
