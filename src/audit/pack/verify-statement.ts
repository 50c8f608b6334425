/**
 * Verifies the statement of a period. It holds every event of its log, so that nothing can be left out: the events make the signed
 * root, follow the rules, and make the statement again, byte for byte.
 */
import { z } from 'zod';
import type { StreamEvent } from '../../domain/statement/approved-state.ts';
import type { Period } from '../../domain/statement/period.ts';
import { type StatedLog, statementOf } from '../../domain/statement/statement.ts';
import type { SignedCheckpoint } from '../anchor/read-anchor.ts';
import type { StrictBodyReader } from '../replay-requests.ts';
import type { VerifierKey } from '../tlog/keys.ts';
import { GrowingTree, leafHash } from '../tlog/merkle-tree.ts';
import type { Checkpoint } from '../tlog/note.ts';
import { type Finding, lineFrom } from '../verify.ts';
import { AuditLogVerifier } from '../verify-audit-log.ts';
import { damagedIn, jsonFile, type PackFiles, packFile, statementFile, statementFiles, textIn } from './files.ts';
import { nothingRead, type PackReport } from './pack-report.ts';
import { judgeDigest, verifySigned } from './verify-pack.ts';
import { readEvent } from './views.ts';

export const statedLog = ({ origin, size, root }: Checkpoint): StatedLog => ({
  name: origin,
  events: size,
  root: root.toString('base64'),
});

/** Returns the events, or the reason in words why one is unreadable. */
export function streamEvents(bodies: readonly string[], read: StrictBodyReader): readonly StreamEvent[] | string {
  const events: StreamEvent[] = [];
  for (const [index, body] of bodies.entries()) {
    const found = readEvent(body, [], read);
    if (typeof found === 'string') return `event ${index + 1}: ${found}`;
    events.push({ stream: found.line.request, event: found.event });
  }
  return events;
}

const Stated = z.object({ period: z.object({ from: z.iso.date(), to: z.iso.date() }) });

/** Returns the period that the statement names; null: none. Everything else in it is calculated. */
function periodIn(statement: string): Period | null {
  try {
    const { period } = Stated.parse(JSON.parse(statement));
    return period.from <= period.to ? period : null;
  } catch {
    return null;
  }
}

function verifyLog(bodies: readonly string[], { size, root }: SignedCheckpoint, read: StrictBodyReader) {
  const verifier = new AuditLogVerifier({ read, keys: null, bodiesOnly: true });
  const tree = new GrowingTree();
  for (const body of bodies) {
    tree.add(leafHash(Buffer.from(body, 'utf8')));
    verifier.event(lineFrom(body));
  }
  const findings: Finding[] = [...verifier.end(verifier.last).findings];
  if (tree.size !== size || !tree.root().equals(root)) {
    const detail = `${packFile.events}: ${tree.size} events that don’t make the root that was signed of ${size}`;
    findings.push({ seq: tree.size, kind: 'checkpoint-differs', detail });
  }
  return findings;
}

const noted = (kind: Finding['kind'], detail: string): Finding => ({ seq: 0, kind, detail });

function verified(
  files: PackFiles,
  checkpoint: SignedCheckpoint,
  read: StrictBodyReader,
): Omit<PackReport, 'checkpoint'> {
  const unknown = [...files.keys()].filter((name) => !statementFiles.includes(name));
  const damaged = [...damagedIn(files), ...unknown.map((name) => `${name}: not a file of a statement`)];
  const findings = damaged.map((detail) => noted('file-damaged', detail));
  const bodies = textIn(files, packFile.events).split('\n');
  if (bodies.pop() !== '') findings.push(noted('file-damaged', `${packFile.events}: cut off`));
  findings.push(...verifyLog(bodies, checkpoint, read));
  const events = streamEvents(bodies, read);
  if (typeof events === 'string') findings.push(noted('body-unknown', events));
  else findings.push(...events.flatMap(({ event }) => judgeDigest(event)));
  const period = periodIn(textIn(files, statementFile));
  if (period === null) findings.push(noted('view-differs', `${statementFile}: names no period`));
  if (typeof events === 'string' || period === null || findings.length > 0) return { ...nothingRead, findings };
  const statement = statementOf(events, statedLog(checkpoint), period);
  if (files.get(statementFile)?.equals(jsonFile(statement)) !== true)
    findings.push(noted('view-differs', `${statementFile}: not what the events make`));
  return { ...nothingRead, statement, findings };
}

/** Throws `PackUnusable`. */
export const verifyStatement = (
  files: PackFiles,
  keys: readonly VerifierKey[],
  read: StrictBodyReader,
): Promise<PackReport> => verifySigned(files, keys, statementFiles, (checkpoint) => verified(files, checkpoint, read));
