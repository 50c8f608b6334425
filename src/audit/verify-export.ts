/** Verifies an exported file by itself, without the store it came from. */
import { ExportLine, OlderExport } from './export-jsonl.ts';
import { type RecordReport, RecordVerifier, type VerifyOptions } from './verify-record.ts';

/** This is not an export, or not one this program can read. */
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

/** Reads line after line. Throws {@link NotAnExport} when the first one is not an export's header. */
export async function verifyExport(lines: AsyncIterable<string>, options: VerifyOptions): Promise<RecordReport> {
  let verifier: RecordVerifier | null = null;
  let report: RecordReport | null = null;
  let number = 0;
  for await (const text of lines) {
    number += 1;
    const line = lineOf(text);
    if (verifier === null) {
      const { after, part } = headerOf(line);
      verifier = new RecordVerifier(part === undefined ? options : { ...options, part }, after);
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

/**
 * Reads an export that was kept, to compare a record with. Throws {@link NotAnExport} where it does not hold together by itself:
 * then it says nothing about another.
 */
export async function readOlderExport(
  lines: () => AsyncIterable<string>,
  read: VerifyOptions['read'],
): Promise<OlderExport> {
  const { findings } = await verifyExport(lines(), { read, keys: null });
  const [first] = findings;
  if (first !== undefined) throw new NotAnExport(`it does not verify by itself: event ${first.seq}, ${first.kind}`);
  const older = new OlderExport();
  for await (const text of lines()) {
    const line = lineOf(text);
    if (line?.kind === 'event') older.add(line);
  }
  return older;
}
