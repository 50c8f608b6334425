/**
 * Verifies the audit log's chain. It trusts no writer and uses none of the product's code but the canonical form of JSON, so
 * that it can be reviewed on its own.
 * A body is RFC 8785 canonical JSON. Its hash is SHA-256 over the body's UTF-8 bytes, in lower-case hexadecimal. The body
 * contains its sequence number and the previous hash, so that no event can be changed, moved, added or removed without changing
 * all later hashes. To check one event: `printf %s "$body" | sha256sum`.
 * Free text isn't in the body, which contains a commitment to it: SHA-256 over the salt's bytes followed by the text's UTF-8
 * bytes. Once text and salt are destroyed, the commitment reveals nothing about the text, and the chain still verifies.
 */
import { createHash, hash as digest } from 'node:crypto';
import { z } from 'zod';
import { parseCanonical } from '../domain/canonical-json.ts';
import type { ChainLine, Link, RevealedText } from '../domain/record/chain.ts';
import type { RecordFault } from '../domain/record/faults.ts';

export const genesis = '0'.repeat(64);

export const hashOf = (body: string): string => digest('sha256', body, 'hex');

/** Returns the commitment to a text. `salt`: hexadecimal. */
export const commitmentTo = (salt: string, text: string): string =>
  createHash('sha256').update(Buffer.from(salt, 'hex')).update(text, 'utf8').digest('hex');

export interface Finding {
  readonly seq: number;
  readonly kind: RecordFault;
  readonly detail: string;
}

const mismatch = (what: string, expected: unknown, found: unknown): string =>
  `${what}: expected ${String(expected)}, found ${String(found)}`;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function parseBody(body: string): Record<string, unknown> | null {
  const value = parseCanonical(body);
  return isRecord(value) ? value : null;
}

export function readLine(line: ChainLine) {
  const { seq } = line;
  const findings: Finding[] = [];
  const hash = hashOf(line.body);
  if (hash !== line.hash) findings.push({ seq, kind: 'hash-differs', detail: mismatch('hash', hash, line.hash) });
  const body = parseBody(line.body);
  if (body === null) findings.push({ seq, kind: 'not-canonical', detail: 'body: not a JSON object in canonical form' });
  const column = body === null ? null : wrongColumn(line, body);
  if (column !== null) findings.push({ seq, kind: 'column-differs', detail: column });
  return { body, findings };
}

export function wrongColumn(line: ChainLine, body: Readonly<Record<string, unknown>>): string | null {
  for (const column of ['seq', 'prev', 'request', 'revision', 'cause', 'n'] as const) {
    if (line[column] !== body[column]) return mismatch(column, body[column], line[column]);
  }
  return null;
}

export function verifyLink(before: Link, line: ChainLine): readonly Finding[] {
  const { seq, prev } = line;
  const next = before.seq + 1;
  const findings: Finding[] = [];
  if (seq !== next) findings.push({ seq, kind: 'not-contiguous', detail: mismatch('seq', next, seq) });
  if (prev !== before.hash) findings.push({ seq, kind: 'prev-differs', detail: mismatch('prev', before.hash, prev) });
  return findings;
}

/** Checks texts against their commitments. A missing text isn't a finding: it might be erased. */
export function* verifyTexts(
  lines: Iterable<Pick<ChainLine, 'seq' | 'body'>>,
  texts: Iterable<RevealedText>,
): Generator<Finding, void> {
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
    if (known === undefined) yield { seq: 0, kind: 'text-unknown', detail: `${where}: not in the audit log` };
    else if (known.sha256 !== commitmentTo(salt, text)) {
      yield { seq: known.seq, kind: 'text-differs', detail: mismatch(where, known.sha256, commitmentTo(salt, text)) };
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

const unreadable = { seq: 0, request: '', revision: 0, cause: '', n: 0, prev: '' };

/** Builds a chain entry from a published body: the hash is recomputed, and there is no seal. */
export function lineFrom(body: string): ChainLine {
  const columns = Columns.safeParse(parseBody(body)).data ?? unreadable;
  return { ...columns, body, hash: hashOf(body), sealKey: null, seal: null };
}
