import type { Finding } from '../../../src/audit/verify.ts';
import type { ChainLine, Link } from '../../../src/domain/record/chain.ts';
import { verified } from '../builders/sealed-record.ts';

const ofChain: ReadonlySet<Finding['kind']> = new Set<Finding['kind']>([
  ...(['hash-differs', 'not-canonical', 'column-differs', 'not-contiguous', 'prev-differs', 'head-differs'] as const),
]);

/** What the verifier finds in the chain itself; without a head, up to the last line. */
export function verifyChain(lines: readonly ChainLine[], head?: Link): readonly Finding[] {
  const record = lines.map((line) => ({ line, texts: [] }));
  return verified(record, { keys: null, bodiesOnly: true }, head).findings.filter(({ kind }) => ofChain.has(kind));
}
