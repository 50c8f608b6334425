/** A record written with a good key and a right hash throughout: what is wrong with it is wrong in what it says. */
import { randomBytes } from 'node:crypto';
import { sealWith } from '../../../src/audit/seal-event.ts';
import { openSeals, type SealKeys } from '../../../src/audit/seals.ts';
import { type Finding, genesis } from '../../../src/audit/verify.ts';
import { type AuditLogReport, openAuditLogVerifier, type VerifyOptions } from '../../../src/audit/verify-audit-log.ts';
import type { ChainLine, Link, RevealedText } from '../../../src/domain/record/chain.ts';
import type { NewEvent, StoredEvent } from '../../../src/domain/request/events.ts';
import { keysOf } from '../store/seal-keys.ts';

export interface Written extends NewEvent {
  readonly request: string;
  readonly time: string;
}
export interface WrittenLine {
  readonly line: ChainLine;
  readonly texts: readonly RevealedText[];
}

/** A stored event as it was written: before its texts were erased, if they were. */
export const writtenEvent = (request: string, { time, body, texts }: StoredEvent): Written => ({
  request,
  time,
  body,
  texts: Object.fromEntries(Object.entries(texts).map(([field, text]) => [field, text ?? ''])),
});

export const testKeys: SealKeys = keysOf([Buffer.alloc(32, 1)]);

/** Lines for the events, in their order, numbered as the store would. */
export function sealedRecord(
  events: readonly Written[],
  keys: SealKeys = testKeys,
  random: (size: number) => Buffer = randomBytes,
): readonly WrittenLine[] {
  const seal = sealWith(random, openSeals(keys));
  const revisions = new Map<string, number>();
  let prev = genesis;
  return events.map(({ request, time, ...event }, index) => {
    const revision = (revisions.get(request) ?? 0) + 1;
    revisions.set(request, revision);
    const place = { seq: index + 1, request, revision, cause: `cause ${index}`, n: 0, prev };
    const { openings, ...sealed } = seal({ ...place, time }, event);
    prev = sealed.hash;
    return { line: { ...place, ...sealed }, texts: openings.map((opening) => ({ request, revision, ...opening })) };
  });
}

export function verified(
  record: readonly WrittenLine[],
  options: Partial<VerifyOptions> = {},
  head = record.at(-1)?.line ?? { seq: 0, hash: genesis },
): AuditLogReport {
  const verifier = openAuditLogVerifier({ keys: testKeys, ...options });
  for (const { line, texts } of record) {
    verifier.event(line);
    for (const text of texts) verifier.text(text);
  }
  return verifier.end(head);
}

const ofChain: ReadonlySet<Finding['kind']> = new Set<Finding['kind']>([
  'hash-differs',
  'not-canonical',
  'column-differs',
  'not-contiguous',
  'prev-differs',
  'head-differs',
]);

/** What the verifier finds in the chain itself; without a head, up to the last line. */
export function verifyChain(lines: readonly ChainLine[], head?: Link): readonly Finding[] {
  const record = lines.map((line) => ({ line, texts: [] }));
  return verified(record, { keys: null, bodiesOnly: true }, head).findings.filter(({ kind }) => ofChain.has(kind));
}
