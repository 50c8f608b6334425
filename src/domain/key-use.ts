/**
 * Whether the resource itself was seen using its key: what a vault's log says, and what may be made of it. Proof level L3. Three
 * answers, and none stands for another: it was used, it was not used and the log would show it, or nobody knows.
 */
import { z } from 'zod';
import { Failure } from './failure.ts';

const instant = z.iso.datetime();

/** By what the vault let it in, as its log tells. `ours`: by the assignment that the step `grant-key-access` makes. */
export const AllowedBy = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('role-assignment'), id: z.string(), ours: z.boolean() }),
  z.strictObject({ by: z.literal('access-policy') }),
  z.strictObject({ by: z.literal('not-told') }),
]);
export type AllowedBy = z.infer<typeof AllowedBy>;

export const UseAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('used'),
    /** By Azure's clock. */
    at: instant,
    operation: z.enum(['KeyWrap', 'KeyUnwrap']),
    /** By which of the token's claims the resource was known: its identity's object id, or its own ARM id (`xms_mirid`). */
    knownBy: z.enum(['object-id', 'resource-id']),
    allowedBy: AllowedBy,
  }),
  z.strictObject({
    outcome: z.literal('not-used'),
    /** The log has rows of the vault from before what was looked for, and from after it. */
    first: instant,
    last: instant,
    /** It tried, and the vault refused; null: it did not even try. */
    refused: z.strictObject({ at: instant, status: z.number() }).nullable(),
  }),
  z.strictObject({
    outcome: z.literal('unknown'),
    why: z.discriminatedUnion('code', [
      z.strictObject({ code: z.literal('not-readable'), failure: Failure }),
      /** No workspace was configured any more when it was to be asked. */
      z.strictObject({ code: z.literal('not-asked') }),
      /** The log begins later than what is looked for. Null: it has nothing of this vault at all. */
      z.strictObject({ code: z.literal('no-log-before'), first: instant.nullable() }),
      /** Nothing came of this vault since: whether rows are still sent, nobody can tell. */
      z.strictObject({ code: z.literal('no-log-since'), last: instant }),
    ]),
  }),
]);
export type UseAnswer = z.infer<typeof UseAnswer>;

/** Which use is looked for. */
export interface UseSought {
  /** Its system-assigned identity's object id; null where it is not known. */
  readonly principalId: string | null;
  readonly resourceId: string;
  readonly vaultUri: string;
  readonly keyName: string;
  readonly keyVersion: string;
  /** From when on it may have been used. ISO 8601, by this machine's clock. */
  readonly since: string;
}

/** A call to the vault as its log has it. */
export interface LoggedUse {
  readonly at: string;
  readonly operation: string;
  /** HTTP status. `ResultType` says `Success` of refusals too. */
  readonly status: number;
  /** Addresses that name the key and its version: of the key, and of the call. */
  readonly addresses: readonly string[];
  readonly principalId: string | null;
  readonly resourceId: string | null;
  /** The role assignment that let it in; null on a vault with access policies. */
  readonly assignmentId: string | null;
  readonly byAccessPolicy: boolean;
}

/** What was read of the log. */
export interface ReadLog {
  /** Of the vault, whoever called it; null: none. */
  readonly first: string | null;
  readonly last: string | null;
  readonly uses: readonly LoggedUse[];
  /** Name of the role assignment that the bot's own step makes for this identity at this key; null: no identity is known. */
  readonly ownAssignment: string | null;
  /** Why less came than was asked for; null: all of it came. */
  readonly cutShort: Failure | null;
}

/** How far Azure's clock and this machine's may be apart before the doctor says so, and a little more. */
export const clocksApartMs = 2 * 60_000;

/** From when on rows count. */
export const countsFrom = (since: string): string => new Date(Date.parse(since) - clocksApartMs).toISOString();

const same = (a: string | null, b: string | null): boolean => a !== null && a.toLowerCase() === b?.toLowerCase();

/** Names of assignments come whole, alone, and without their hyphens. */
const bareName = (id: string): string => (id.split('/').at(-1) ?? '').replaceAll('-', '').toLowerCase();

const operations: readonly string[] = ['KeyWrap', 'KeyUnwrap'];
const isUse = (operation: string): operation is 'KeyWrap' | 'KeyUnwrap' => operations.includes(operation);

/** Of `https://VAULT/keys/NAME/VERSION`, with or without what was done behind it. */
function isOfKey(address: string, { vaultUri, keyName, keyVersion }: UseSought): boolean {
  if (!URL.canParse(address) || !URL.canParse(vaultUri)) return false;
  const { host, pathname } = new URL(address);
  const [, keys, name, version] = pathname.split('/');
  const isKey = same(keys ?? null, 'keys') && same(name ?? null, keyName) && same(version ?? null, keyVersion);
  return isKey && same(host, new URL(vaultUri).host);
}

const knownBy = (use: LoggedUse, sought: UseSought): 'object-id' | 'resource-id' | null => {
  if (same(use.principalId, sought.principalId)) return 'object-id';
  return same(use.resourceId, sought.resourceId) ? 'resource-id' : null;
};

function allowedBy({ assignmentId, byAccessPolicy }: LoggedUse, ownAssignment: string | null): AllowedBy {
  if (assignmentId !== null) {
    const ours = ownAssignment !== null && bareName(assignmentId) === bareName(ownAssignment);
    return { by: 'role-assignment', id: assignmentId, ours };
  }
  return { by: byAccessPolicy ? 'access-policy' : 'not-told' };
}

const oldestFirst = (a: LoggedUse, b: LoggedUse): number => Date.parse(a.at) - Date.parse(b.at);

/**
 * What the log says. Others that use the key, another version, a call before the time looked for and one that was refused are no
 * use of it. That there is none counts for something only where the log had begun before and went on after.
 */
export function judgeUse(sought: UseSought, log: ReadLog): UseAnswer {
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
  if (log.cutShort !== null) return unreadable(log.cutShort);
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

export const unreadable = (failure: Failure): UseAnswer => ({
  outcome: 'unknown',
  why: { code: 'not-readable', failure },
});
