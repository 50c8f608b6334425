/**
 * Usage check: whether the vault's log shows that the resource used its key (proof level L3). It has three results: used;
 * not used, although the log would show it; and unknown.
 */
import { z } from 'zod';
import { Failure } from './failure.ts';

const instant = z.iso.datetime();

/** What let the call in, by the vault's log. `ours`: the role assignment that the step `grant-key-access` creates. */
export const AllowedBy = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('role-assignment'), id: z.string(), ours: z.boolean() }),
  z.strictObject({ by: z.literal('access-policy') }),
  z.strictObject({ by: z.literal('not-told') }),
]);
export type AllowedBy = z.infer<typeof AllowedBy>;

export const UseAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('used'),
    /** Azure's time. */
    at: instant,
    operation: z.enum(['KeyWrap', 'KeyUnwrap']),
    /** The token claim that identified the resource: its identity's object ID, or its own ARM ID (`xms_mirid`). */
    knownBy: z.enum(['object-id', 'resource-id']),
    allowedBy: AllowedBy,
  }),
  z.strictObject({
    outcome: z.literal('not-used'),
    /** The vault's first and last log rows, from before and after the time in question. */
    first: instant,
    last: instant,
    /** The vault rejected the resource's call. Null: the resource made no call. */
    refused: z.strictObject({ at: instant, status: z.number() }).nullable(),
  }),
  z.strictObject({
    outcome: z.literal('unknown'),
    why: z.discriminatedUnion('code', [
      z.strictObject({ code: z.literal('not-readable'), failure: Failure }),
      /** The workspace setting had been removed by the time of the check. */
      z.strictObject({ code: z.literal('not-asked') }),
      /** The log begins too late. Null: it has no rows for this vault. */
      z.strictObject({ code: z.literal('no-log-before'), first: instant.nullable() }),
      /** The vault has no newer rows, so logging might have stopped. */
      z.strictObject({ code: z.literal('no-log-since'), last: instant }),
    ]),
  }),
]);
export type UseAnswer = z.infer<typeof UseAnswer>;

export interface UsageQuery {
  /** Object ID of its system-assigned identity; null if unknown. */
  readonly principalId: string | null;
  readonly resourceId: string;
  readonly vaultUri: string;
  readonly keyName: string;
  readonly keyVersion: string;
  /** Earliest possible use: the time of the stored intent, by the database's clock. ISO 8601. */
  readonly since: string;
}

export interface LoggedKeyCall {
  readonly at: string;
  readonly operation: string;
  /** HTTP status. `ResultType` says `Success` for rejected calls, too. */
  readonly status: number;
  /** Addresses that contain the key and its version: the key's and the call's. */
  readonly addresses: readonly string[];
  readonly principalId: string | null;
  readonly resourceId: string | null;
  /** The role assignment that let it in. Null in a vault with access policies. */
  readonly assignmentId: string | null;
  readonly byAccessPolicy: boolean;
}

/** The part of the log that was read. */
export interface VaultLogRows {
  /** Times of any calls to the vault; null: none. */
  readonly first: string | null;
  readonly last: string | null;
  readonly uses: readonly LoggedKeyCall[];
  /** Name of the role assignment that the bot creates for this identity and key. Null: the identity isn't known. */
  readonly ownAssignment: string | null;
  /** Why the result is incomplete; null if it's complete. */
  readonly cutShort: Failure | null;
}

/** Allowed clock difference between Azure and the database: a little more than the doctor accepts. */
const clocksApartMs = 2 * 60_000;

export const countsFrom = (since: string): string => new Date(Date.parse(since) - clocksApartMs).toISOString();

const same = (a: string | null, b: string | null): boolean => a !== null && a.toLowerCase() === b?.toLowerCase();

/** Returns the bare name of a role assignment. Logs have it as a full ID, as a name, and without hyphens. */
const bareName = (id: string): string => (id.split('/').at(-1) ?? '').replaceAll('-', '').toLowerCase();

const operations: readonly string[] = ['KeyWrap', 'KeyUnwrap'];
const isUse = (operation: string): operation is 'KeyWrap' | 'KeyUnwrap' => operations.includes(operation);

/** Returns whether the address is `https://VAULT/keys/NAME/VERSION`, with or without an operation after it. */
function isOfKey(address: string, { vaultUri, keyName, keyVersion }: UsageQuery): boolean {
  if (!URL.canParse(address) || !URL.canParse(vaultUri)) return false;
  const { host, pathname } = new URL(address);
  const [, keys, name, version] = pathname.split('/');
  const isKey = same(keys ?? null, 'keys') && same(name ?? null, keyName) && same(version ?? null, keyVersion);
  return isKey && same(host, new URL(vaultUri).host);
}

const knownBy = (use: LoggedKeyCall, sought: UsageQuery): 'object-id' | 'resource-id' | null => {
  if (same(use.principalId, sought.principalId)) return 'object-id';
  return same(use.resourceId, sought.resourceId) ? 'resource-id' : null;
};

function allowedBy({ assignmentId, byAccessPolicy }: LoggedKeyCall, ownAssignment: string | null): AllowedBy {
  if (assignmentId !== null) {
    const ours = ownAssignment !== null && bareName(assignmentId) === bareName(ownAssignment);
    return { by: 'role-assignment', id: assignmentId, ours };
  }
  return { by: byAccessPolicy ? 'access-policy' : 'not-told' };
}

const oldestFirst = (a: LoggedKeyCall, b: LoggedKeyCall): number => Date.parse(a.at) - Date.parse(b.at);

/**
 * Evaluates the log. Calls by others, calls with another version, earlier calls and rejected calls aren't a use. "Not used"
 * requires log rows from before and from after the time in question.
 */
export function evaluateUse(sought: UsageQuery, log: VaultLogRows): UseAnswer {
  const from = countsFrom(sought.since);
  const own = log.uses
    .filter((use) => isUse(use.operation) && use.at >= from)
    .filter((use) => knownBy(use, sought) !== null && use.addresses.some((address) => isOfKey(address, sought)))
    .sort(oldestFirst);
  for (const use of own) {
    const known = knownBy(use, sought);
    if (use.status !== 200 || known === null || !isUse(use.operation)) continue;
    const { at, operation } = use;
    return { outcome: 'used', at, operation, knownBy: known, allowedBy: allowedBy(use, log.ownAssignment) };
  }
  if (log.cutShort !== null) return unreadableLog(log.cutShort);
  const { first, last } = log;
  if (first === null || last === null || first > from)
    return { outcome: 'unknown', why: { code: 'no-log-before', first } };
  if (last <= sought.since) return { outcome: 'unknown', why: { code: 'no-log-since', last } };
  const refused = own.findLast(({ status }) => status >= 400);
  return {
    outcome: 'not-used',
    first,
    last,
    refused: refused === undefined ? null : { at: refused.at, status: refused.status },
  };
}

export const unreadableLog = (failure: Failure): UseAnswer => ({
  outcome: 'unknown',
  why: { code: 'not-readable', failure },
});
