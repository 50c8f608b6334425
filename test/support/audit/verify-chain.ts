import type { ChainEntry, Finding } from '../../../src/audit/verify.ts';
import { AuditLogVerifier } from '../../../src/audit/verify-audit-log.ts';
import type { ChainLine, Link } from '../../../src/domain/record/chain.ts';
import { parseEventBody } from '../../../src/operations/registry.ts';

const ofChain: ReadonlySet<Finding['kind']> = new Set<Finding['kind']>([
  ...(['hash-differs', 'not-canonical', 'column-differs', 'not-contiguous', 'prev-differs', 'head-differs'] as const),
]);

/** What the verifier finds in the chain itself; without a head, up to the last line. */
export function verifyChain(lines: readonly ChainEntry[], head?: Link): readonly Finding[] {
  const verifier = new AuditLogVerifier({ read: parseEventBody, keys: null, bodiesOnly: true });
  for (const line of lines) verifier.event({ sealKey: null, seal: null, ...line } as ChainLine);
  return verifier.end(head ?? verifier.last).findings.filter(({ kind }) => ofChain.has(kind));
}
