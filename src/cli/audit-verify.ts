import { access, constants } from 'node:fs/promises';
import { z } from 'zod';
import { NotAnExport, verifyExport } from '../audit/verify-export.ts';
import { type RecordReport, RecordVerifier } from '../audit/verify-record.ts';
import type { Records } from '../operator/rpc/calls.ts';
import { fileLines } from './file-lines.ts';
import { readRecord } from './read-record.ts';
import { exit, subcommand } from './subcommand.ts';
import { Unusable } from './unusable.ts';
import { reportWords } from './words/report.ts';

async function verifyStore(records: Records): Promise<RecordReport> {
  const verifier = new RecordVerifier();
  const events = readRecord(records);
  for (;;) {
    const next = await events.next();
    if (next.done) return verifier.end(next.value);
    verifier.event(next.value.line);
    for (const text of next.value.texts) verifier.text(text);
  }
}

async function verifyFile(file: string): Promise<RecordReport> {
  await access(file, constants.R_OK).catch(() => {
    throw new Unusable(`${file} is not there, or may not be read`);
  });
  return verifyExport(fileLines(file)).catch((error: unknown) => {
    throw error instanceof NotAnExport ? new Unusable(`reading ${file}: ${error.message}`) : error;
  });
}

/** The whole trail, in an export or in the store. */
export const auditVerify = subcommand({
  name: 'audit verify',
  usage: '[EXPORT.jsonl]',
  summary: 'whether the audit trail is as it was written; says where and how it is not',
  help: 'Without a file the trail in the store is verified. Ends with 0 verified, 1 tampered with, 2 could not be read.',
  options: {},
  positionals: ['file'],
  input: z.object({ file: z.string().min(1).optional() }),
  async run({ file }, { records, print }) {
    const report = file === undefined ? await verifyStore((await records()).records) : await verifyFile(file);
    await print(reportWords(report));
    return report.findings.length === 0 ? exit.done : exit.no;
  },
});
