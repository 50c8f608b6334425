import type { Counted, Problem } from './judgement.ts';

/**
 * How it is known that the real service differs: recorded by its official client libraries, shown in public reports, recalled.
 * `put by a test` is no service's answer, but words that a test wrote there.
 */
type Evidence = 'recorded' | 'reported' | 'recalled' | 'put by a test';

/** Where an answer is not what its description allows, and is right all the same. Everything else that is not is an error. */
interface Contradiction {
  readonly operations: readonly string[];
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
    operations: ['GetKeys', 'GetKeyVersions', 'GetDeletedKeys'],
    statuses: [200],
    code: 'type',
    at: /^\$\.nextLink$/,
    what: 'the last page of a list ends with `nextLink: null`',
    why: 'the service says so; its description knows only a text',
    evidence: 'recorded',
  },
  {
    operations: ['Resources'],
    statuses: [400],
    code: 'INVALID_TYPE',
    at: /^\/error\/details\[\]\/(line|characterPositionInLine|token|expectedToken)$/,
    what: 'what is wrong with a query stands at `line`, `characterPositionInLine` and `token` of a detail',
    why: 'the service tells the place in numbers and texts; its description allows only objects there',
    evidence: 'reported',
  },
  {
    operations: ['Vaults_Get', 'Vaults_ListByResourceGroup', 'Vaults_ListBySubscription', 'Vaults_Update'],
    statuses: [200],
    code: 'ENUM_CASE_MISMATCH',
    at: /\/accessPolicies\[\]\/permissions\/(keys|secrets|certificates|storage)\[\]$/,
    what: 'rights of an access policy in the letters they were written in, such as `Get`',
    why: 'the service keeps them, and the portal writes them so',
    evidence: 'recalled',
  },
  {
    operations: ['Keys_CreateIfNotExist'],
    statuses: [409],
    code: 'OBJECT_ADDITIONAL_PROPERTIES',
    at: /^\/error\/innererror$/,
    what: 'a key’s name that a deleted key holds is refused with an `innererror` that says so',
    why: 'Azure Resource Manager hands on what the vault says, whose own description has an `innererror`',
    evidence: 'recalled',
  },
  {
    operations: ['Vaults_CreateOrUpdate'],
    statuses: [403],
    code: 'OBJECT_ADDITIONAL_PROPERTIES',
    at: /^\/error\/(target|additionalInfo)$/,
    what: 'a policy’s refusal says at `target` what it refuses, and at `additionalInfo` which policy does',
    why: 'Azure Resource Manager refuses before the provider is asked, whose description knows its own errors alone',
    evidence: 'recalled',
  },
  {
    operations: ['Bots_Update'],
    statuses: [409],
    code: 'OBJECT_ADDITIONAL_PROPERTIES',
    at: /^\/error\/details\[\]\/(code|target|message)$/,
    what: 'a registration that is missing is told once more in `details`, with the provider at `target`',
    why: 'Azure Resource Manager refuses before the provider is asked, whose description knows its own errors alone',
    evidence: 'reported',
  },
  {
    operations: ['Vaults_Get'],
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
      one.operations.includes(operation) &&
      one.statuses.includes(status) &&
      one.code === code &&
      one.at.test(at) &&
      (one.message?.test(message) ?? true),
  );
