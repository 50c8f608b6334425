/**
 * The verifier. Reads the record without trusting whoever wrote it, and runs nothing of the product but the canonical form
 * of JSON, so that it can be read and judged alone.
 *
 * A line's body is RFC 8785 canonical JSON. Its hash is SHA-256 over the body's UTF-8 bytes, in lower-case hexadecimal; the
 * body holds its sequence number and the hash of the line before, so no line can be changed, moved, added or taken out without
 * changing every later hash. Anyone can check one line with `printf %s "$body" | sha256sum`.
 *
 * Free text is not in the body, which holds a commitment to it: SHA-256 over the salt's bytes followed by the text's UTF-8
 * bytes. Once text and salt are destroyed the commitment says nothing about the text, and the chain still verifies.
 */
import { createHash, hash as digest } from 'node:crypto';
import { z } from 'zod';
import { parseCanonical } from '../domain/canonical-json.ts';
import type { ChainLine, Link, RevealedText } from '../domain/record/chain.ts';
import type { RecordFault } from '../domain/record/faults.ts';

/** What the first line has for the hash of the line before. */
export const genesis = '0'.repeat(64);

export const hashOf = (body: string): string => digest('sha256', body, 'hex');

/** `salt` in hexadecimal. */
export const commitmentTo = (salt: string, text: string): string =>
  createHash('sha256').update(Buffer.from(salt, 'hex')).update(text, 'utf8').digest('hex');

/** A line as stored or exported. Where the other columns are given they must say what the body says. */
export type ChainEntry = Readonly<Pick<ChainLine, 'seq' | 'body' | 'prev' | 'hash'> & Partial<ChainLine>>;

export interface Finding {
  readonly seq: number;
  readonly kind: RecordFault;
  /** What was expected and what was found. */
  readonly detail: string;
}

/** Where the chain is known to have ended, as a checkpoint or the store's head tells it. */
type KnownHead = Link;

const differs = (what: string, expected: unknown, found: unknown): string =>
  `${what}: expected ${String(expected)}, found ${String(found)}`;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Null: not a JSON object in canonical form. */
export function parseBody(body: string): Record<string, unknown> | null {
  const value = parseCanonical(body);
  return isRecord(value) ? value : null;
}

/** A line and what is wrong with it in itself, whatever stands before it. */
interface ReadLine {
  /** Null: not a JSON object in canonical form. */
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly findings: readonly Finding[];
}

/** Reads a line once, for everybody who looks at it. */
export function readLine(line: ChainEntry): ReadLine {
  const found = (kind: RecordFault, detail: string): Finding => ({ seq: line.seq, kind, detail });
  const findings: Finding[] = [];
  const hash = hashOf(line.body);
  if (hash !== line.hash) findings.push(found('hash-differs', differs('hash', hash, line.hash)));
  const body = parseBody(line.body);
  if (body === null) findings.push(found('not-canonical', 'body: not a JSON object in canonical form'));
  const column = body === null ? null : wrongColumn(line, body);
  if (column !== null) findings.push(found('column-differs', column));
  return { body, findings };
}

const verifyLine = (line: ChainEntry): readonly Finding[] => readLine(line).findings;

/** The first column that says something other than the body, with what both say. */
export function wrongColumn(line: ChainEntry, body: Readonly<Record<string, unknown>>): string | null {
  for (const column of ['seq', 'prev', 'request', 'revision', 'cause', 'n'] as const) {
    const value = line[column];
    if (value !== undefined && value !== body[column]) return differs(column, body[column], value);
  }
  return null;
}

/** What is wrong between a line and the one before it. */
export function verifyLink(before: Link, line: ChainEntry): readonly Finding[] {
  const found = (kind: RecordFault, detail: string): Finding => ({ seq: line.seq, kind, detail });
  const findings: Finding[] = [];
  if (line.seq !== before.seq + 1) findings.push(found('not-contiguous', differs('seq', before.seq + 1, line.seq)));
  if (line.prev !== before.hash) findings.push(found('prev-differs', differs('prev', before.hash, line.prev)));
  return findings;
}

/** Every finding of a whole chain, first line first. None: it is as it was written, up to the known head if one is given. */
export function* verifyChain(lines: Iterable<ChainEntry>, head?: KnownHead): Generator<Finding, void> {
  let last: Link = { seq: 0, hash: genesis };
  for (const line of lines) {
    yield* verifyLink(last, line);
    yield* verifyLine(line);
    last = line;
  }
  if (head === undefined) return;
  if (last.seq !== head.seq)
    yield { seq: last.seq, kind: 'head-differs', detail: differs('last seq', head.seq, last.seq) };
  else if (last.hash !== head.hash) {
    yield { seq: last.seq, kind: 'head-differs', detail: differs('last hash', head.hash, last.hash) };
  }
}

/** Checks revealed texts against the commitments in the lines. A text that is not revealed is no finding: it may be erased. */
export function* verifyTexts(lines: Iterable<ChainEntry>, texts: Iterable<RevealedText>): Generator<Finding, void> {
  const commitments = new Map<string, { readonly seq: number; readonly sha256: unknown }>();
  for (const line of lines) {
    const body = parseBody(line.body);
    for (const { field, sha256 } of commitmentsIn(body)) {
      commitments.set(JSON.stringify([body?.request, body?.revision, field]), { seq: line.seq, sha256 });
    }
  }
  for (const { request, revision, field, salt, text } of texts) {
    const where = `${field} of ${request} revision ${revision}`;
    const known = commitments.get(JSON.stringify([request, revision, field]));
    if (known === undefined) yield { seq: 0, kind: 'text-unknown', detail: `${where}: not in the record` };
    else if (known.sha256 !== commitmentTo(salt, text)) {
      yield { seq: known.seq, kind: 'text-differs', detail: differs(where, known.sha256, commitmentTo(salt, text)) };
    }
  }
}

function commitmentsIn(body: Record<string, unknown> | null): readonly { field?: unknown; sha256?: unknown }[] {
  const commitments = body?.commitments;
  if (!Array.isArray(commitments)) return [];
  return commitments.filter(
    (commitment): commitment is object => typeof commitment === 'object' && commitment !== null,
  );
}

const Columns = z.object({
  seq: z.number(),
  request: z.string(),
  revision: z.number(),
  cause: z.string(),
  n: z.number(),
  prev: z.string(),
});

/** What a body that cannot be read is taken for: the verifier finds it. */
const unreadable = { seq: 0, request: '', revision: 0, cause: '', n: 0, prev: '' };

/** A line of the record made of its body alone, as published: the hash is made anew, and there is no seal. */
export function lineFrom(body: string): ChainLine {
  const columns = Columns.safeParse(parseBody(body)).data ?? unreadable;
  return { ...columns, body, hash: hashOf(body), sealKey: null, seal: null };
}
