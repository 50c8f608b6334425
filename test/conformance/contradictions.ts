import type { Counted, Problem } from './judgement.ts';

/** How it is known that the real service differs; `put by a test` is no service's answer, but words that a test wrote there. */
type Evidence = 'recorded' | 'documented' | 'recalled' | 'put by a test';

/** Where an answer is not what its description allows, and is right all the same. Everything else that is not is an error. */
interface Contradiction {
  readonly operation: string;
  readonly statuses: readonly number[];
  readonly code: string;
  /** Where in the body; the validators' words for it. */
  readonly at: RegExp;
  /** What the validator says of it, where the place alone would let through too much. */
  readonly message?: RegExp;
  readonly what: string;
  readonly why: string;
  readonly evidence: Evidence;
}

export const contradictions: readonly Contradiction[] = [
  {
    operation: 'Vaults_Get',
    statuses: [200],
    code: 'INVALID_FORMAT',
    at: /^\/properties\/tenantId$/,
    message: /TenantOfVault/,
    what: 'a vault whose tenant is no GUID',
    why: 'a test writes words that hurt wherever Azure names something, to see that no card is broken by them',
    evidence: 'put by a test',
  },
];

export const contradictionOf = (
  { operation, status }: Pick<Counted, 'operation' | 'status'>,
  { code, at, message }: Problem,
): Contradiction | undefined =>
  contradictions.find(
    (one) =>
      one.operation === operation &&
      one.statuses.includes(status) &&
      one.code === code &&
      one.at.test(at) &&
      (one.message?.test(message) ?? true),
  );
