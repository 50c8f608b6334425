/** Creates the statement of a period from a published log: all its events, what they say, a report, and how to verify it. */
import { readFileSync } from 'node:fs';
import type { Period } from '../../../domain/statement/period.ts';
import { type Statement, statementOf } from '../../../domain/statement/statement.ts';
import { parseEventBody } from '../../../operations/registry.ts';
import type { SignedCheckpoint } from '../../anchor/read-anchor.ts';
import { digestOf, maxBytes, type PackFiles, packFile, statementFile, sumsOf } from '../../pack/files.ts';
import { statedLog, statementBytes, streamEvents } from '../../pack/verify-statement.ts';
import { keyLine, type VerifierKey } from '../../tlog/keys.ts';
import { signedBy, verifier, verifySection } from '../make-pack.ts';
import { statementReport } from './report.ts';

interface StatementParts {
  readonly period: Period;
  readonly checkpoint: SignedCheckpoint;
  /** All events that the checkpoint covers. */
  readonly bodies: readonly string[];
  readonly keys: readonly VerifierKey[];
}

/** `statement-2026-01-01-2026-03-31` */
export const statementName = ({ from, to }: Period): string => `statement-${from}-${to}`;

const readmeOf = (period: Period): string => `STATEMENT OF ${period.from} TO ${period.to}

This archive says which key was approved for each agent, when it was set, how
far that was verified, and what changed in the period. Start with report.html: open it in a
browser, or print it. statement.json has the same values for programs.

events.jsonl has every event of the audit log, without what people wrote. So
nothing can be left out: the verifier calculates each value again.

${verifySection({ id: statementName(period), verifierDigest: digestOf(readFileSync(verifier)) })}`;

/** Null: the log is larger than a statement can be. Throws if an event is unreadable: then the log isn't the bot's. */
export function makeStatement({ period, checkpoint, bodies, keys }: StatementParts): {
  readonly statement: Statement;
  readonly files: PackFiles;
} | null {
  const lines = Buffer.from(bodies.map((body) => `${body}\n`).join(''));
  const events = streamEvents(bodies, parseEventBody);
  if (typeof events === 'string') throw new Error(`making a statement: ${events}`);
  const statement = statementOf(events, statedLog(checkpoint), period);
  const files = new Map<string, Buffer>([
    [packFile.events, lines],
    [packFile.checkpoint, Buffer.from(checkpoint.note)],
    [packFile.keys, Buffer.from(keys.map((key) => `${keyLine(key)}\n`).join(''))],
    [statementFile, statementBytes(statement)],
    [packFile.readme, Buffer.from(readmeOf(period))],
  ]);
  files.set(packFile.report, Buffer.from(statementReport({ statement, ...signedBy(files) })));
  files.set(packFile.sums, sumsOf(files));
  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return bytes > maxBytes ? null : { statement, files };
}
