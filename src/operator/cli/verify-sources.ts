/** Sources of the verifier: the database, an export or a published log, and baselines. */
import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import type { AnchorReader } from '../../audit/anchor/read-anchor.ts';
import { BaselineExport } from '../../audit/export-jsonl.ts';
import { lineFrom } from '../../audit/verify.ts';
import { type AuditLogReport, AuditLogVerifier, type VerifyOptions } from '../../audit/verify-audit-log.ts';
import { NotAnExport, readBaselineExport, verifyExport } from '../../audit/verify-export.ts';
import type { Place } from '../../config/place.ts';
import type { Link } from '../../domain/record/chain.ts';
import type { Records } from '../rpc/calls.ts';
import { Unusable } from './inputs.ts';
import { readRecord } from './open-records.ts';
import type { OpenedAnchor } from './published.ts';
import type { EventCount } from './subcommand.ts';
import { loadSealKeys, readSealKeys, type SealKeySource } from './verifier-keys.ts';

/** Verifies the database. Derived data is read first: later events come after it. */
export async function verifyStore(
  records: Records,
  options: VerifyOptions,
  count: EventCount,
): Promise<AuditLogReport> {
  const verifier = new AuditLogVerifier({ ...options, derived: await records.derived({}) });
  const events = readRecord(records);
  for (;;) {
    const next = await events.next();
    if (next.done) return verifier.end(next.value);
    verifier.event(next.value.line);
    count.add();
    for (const text of next.value.texts) verifier.text(text);
  }
}

/** Verifies a published log, which has no texts and seals. `also` gets each body. */
export async function verifyPublished(
  reader: AnchorReader,
  options: VerifyOptions,
  count: EventCount,
  also: (body: string) => void = () => undefined,
): Promise<AuditLogReport> {
  const verifier = new AuditLogVerifier({ ...options, keys: null, bodiesOnly: true });
  for await (const body of reader.bodies()) {
    verifier.event(lineFrom(body));
    count.add();
    also(body);
  }
  return verifier.end(verifier.last);
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  await access(file, constants.R_OK).catch(() => {
    throw new Unusable(`${file} doesn’t exist, or this user can’t read it`);
  });
  return read().catch((error: unknown) => {
    throw error instanceof NotAnExport ? new Unusable(`reading ${file}: ${error.message}`) : error;
  });
}

/** Verifies an export. Throws {@link Unusable}. */
export const verifyFile = (file: string, options: VerifyOptions, count: EventCount): Promise<AuditLogReport> =>
  readable(file, () => verifyExport(counted(fileLines(file), count), options));

async function* counted(lines: AsyncIterable<string>, count: EventCount): AsyncGenerator<string> {
  for await (const line of lines) {
    count.add();
    yield line;
  }
}

interface BaselineSources {
  /** An older export. */
  readonly against: string | undefined;
  /** One noted event: number and hash. */
  readonly noted: Link | undefined;
  readonly published: OpenedAnchor | null;
}

/** Returns the baseline from all given sources; null: none. Throws {@link Unusable}. */
export async function openBaseline(
  { against, noted, published }: BaselineSources,
  read: VerifyOptions['read'],
): Promise<BaselineExport | null> {
  if (against === undefined && noted === undefined && published === null) return null;
  const known =
    against === undefined
      ? new BaselineExport()
      : await readable(against, () => readBaselineExport(() => fileLines(against), read));
  if (noted !== undefined) known.add(noted);
  if (published !== null) for await (const body of published.reader.bodies()) known.add(lineFrom(body));
  return known;
}

/** Returns the seal keys of the named file, else of the database. */
export async function keysFor(named: string | undefined, store: Place | null): Promise<SealKeySource> {
  if (named !== undefined) return { keys: await readSealKeys(named), missing: null };
  return store === null ? { keys: null, missing: null } : loadSealKeys(store);
}

/**
 * Splits lines only at `
 * `: `node:readline` also splits at characters that JSON can contain.
 */
async function* fileLines(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
