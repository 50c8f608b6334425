/** Whether an old version of a key is still used, and the version after it is: by the vault's log and by what resources declare. */
import { z } from 'zod';
import { KeyVersion } from './ids.ts';

/** Times are ISO 8601. */
const VersionUser = z.strictObject({
  name: z.string(),
  how: z.enum(['declares', 'used', 'used-undeclared']),
  /** Null: it isn't in the log. */
  last: z.string().nullable(),
});
export type VersionUser = z.infer<typeof VersionUser>;

/** The version to disable, as Azure has it. Part of stored plans. */
export const Retirement = z.strictObject({
  version: KeyVersion,
  /** Null: the version doesn't exist. */
  enabled: z.boolean().nullable(),
  log: z.discriminatedUnion('outcome', [
    z.strictObject({ outcome: z.literal('read'), first: z.string(), last: z.string() }),
    z.strictObject({ outcome: z.literal('no-rows') }),
    z.strictObject({ outcome: z.literal('not-configured') }),
    /** `code`: Azure's. */
    z.strictObject({ outcome: z.literal('not-readable'), code: z.string() }),
  ]),
  /** When the log first shows the agent with its current version. Null: it doesn't. */
  usedSince: z.string().nullable(),
  /** Who still uses the old version, or might. */
  users: z.array(VersionUser),
  /** What a resource declares isn't known there. */
  unread: z.strictObject({ subscriptions: z.number(), types: z.number() }),
});
export type Retirement = z.infer<typeof Retirement>;

/** A service can use an earlier version for up to a day after a rotation (learn.microsoft.com, key rotation). */
export const dayOfOldUseMs = 24 * 3_600_000;
