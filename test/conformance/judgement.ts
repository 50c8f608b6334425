import { z } from 'zod';

/** Where something stands that its description does not allow. */
export const Problem = z.object({
  code: z.string(),
  /** A path in the body, without numbers of items: `$.error.details[].line`. */
  at: z.string(),
  message: z.string(),
});
export type Problem = z.infer<typeof Problem>;

/**
 * What became of exchanges that are alike. `exact`: held against the description of the very api-version. `nearest`: against
 * the nearest version that there is a description of. `none`: no description covers it. `fault`: a tester's words were answered.
 * `absent`: the local Azure says that it does not serve this.
 */
export const Judgement = z.object({
  held: z.enum(['exact', 'nearest', 'none', 'fault', 'absent']),
  method: z.string(),
  /** The description's name of the operation; empty where there is none. */
  operation: z.string(),
  /** The version that was asked for. */
  version: z.string(),
  status: z.number(),
  request: z.array(Problem),
  response: z.array(Problem),
});
export type Judgement = z.infer<typeof Judgement>;

export const Counted = Judgement.extend({ count: z.number() });
export type Counted = z.infer<typeof Counted>;

/** Where an answer is not what its description allows, and is right all the same. Everything else that is not is an error. */
const contradictions: readonly {
  readonly operations: RegExp;
  readonly status: number;
  readonly code: string;
  /** Where in the body; the validators' words for it. */
  readonly at: RegExp;
}[] = [
  // Reported: the service tells a query's mistake in numbers and texts, and the description allows only objects there.
  {
    operations: /^Resources$/,
    status: 400,
    code: 'INVALID_TYPE',
    at: /^\/error\/details\[\]\/(line|characterPositionInLine|token|expectedToken)$/,
  },
  // Recalled: the service keeps rights in the letters in which they were written, such as `Get`.
  {
    operations: /^Vaults_(Get|ListBy\w+|Update)$/,
    status: 200,
    code: 'ENUM_CASE_MISMATCH',
    at: /\/accessPolicies\[\]\/permissions\/(keys|secrets|certificates|storage)\[\]$/,
  },
  // Recalled: Azure Resource Manager hands on what the vault says, whose own description has an `innererror`.
  {
    operations: /^Keys_CreateIfNotExist$/,
    status: 409,
    code: 'OBJECT_ADDITIONAL_PROPERTIES',
    at: /^\/error\/innererror$/,
  },
  // Recalled and reported: Azure Resource Manager refuses before the provider, whose description knows its own errors alone.
  {
    operations: /^Vaults_CreateOrUpdate$/,
    status: 403,
    code: 'OBJECT_ADDITIONAL_PROPERTIES',
    at: /^\/error\/(target|additionalInfo)$/,
  },
  {
    operations: /^Bots_Update$/,
    status: 409,
    code: 'OBJECT_ADDITIONAL_PROPERTIES',
    at: /^\/error\/details\[\]\/(code|target|message)$/,
  },
];

export const isContradiction = ({ operation, status }: Counted, { code, at }: Problem): boolean =>
  contradictions.some(
    (one) => one.operations.test(operation) && one.status === status && one.code === code && one.at.test(at),
  );
