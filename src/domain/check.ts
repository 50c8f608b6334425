/**
 * Checks of a resource, a vault, a key and the bot's permissions. Each has the outcome pass, warn or block. A plan with a
 * block can't be submitted. The operations run the checks; `src/text` has the words for each.
 */
import { z } from 'zod';
import { Subscription } from './control.ts';
import { ArmId } from './ids.ts';
import { CustomerKey, Doubt, isBusy, Retirement, UndeclaredUser } from './observed.ts';

const outcome = z.enum(['pass', 'warn', 'block']);

/** Defines the schema of one check: its code and the facts behind it, as Azure returned them. */
const judged = <C extends string, F extends z.ZodRawShape>(code: C, fact: F) =>
  z.strictObject({ outcome, code: z.literal(code), fact: z.strictObject(fact) });

const day = { day: z.string(), cutoff: z.string() };
const state = { provisioningState: z.string() };
const name = { name: z.string() };
const key = { key: CustomerKey };
/** Name of the policy rule that requires it. */
const rule = { rule: z.string() };
const kindOfKey = { type: z.string(), size: z.number().nullable() };

/** What a role of the vault must do, because the bot has no permission for it. */
export const RoleTask = z.strictObject({
  task: z.enum(['recover-key', 'enable-key-version', 'disable-key-version']),
  by: z.enum(['role-assignments', 'access-policies']),
  vault: z.string(),
  keyName: z.string(),
  keyVersion: z.string(),
});
export type RoleTask = z.infer<typeof RoleTask>;

/** Every possible check. Days and times are ISO 8601. */
export const Check = z.discriminatedUnion('code', [
  judged('created-after-cutoff', day),
  judged('created-before-cutoff', day),
  judged('created-unknown', { cutoff: z.string() }),
  judged('provisioning-settled', state),
  judged('provisioning-unsettled', state),
  judged('microsoft-managed', {}),
  judged('customer-managed', key),
  judged('already-under-this-key', key),
  judged('already-under-another-key', key),
  judged('key-user-identity', { identity: z.string() }),
  judged('key-moved', { key: CustomerKey, expected: CustomerKey }),
  judged('old-version-disabled', key),
  judged('old-version-unknown', key),
  judged('same-tenant', {}),
  judged('other-tenant', { tenantId: z.string() }),
  judged('same-region', { region: z.string() }),
  judged('other-region', { resource: z.string(), vault: z.string() }),
  judged('same-subscription', {}),
  judged('other-subscription', { resource: Subscription, vault: Subscription }),
  judged('vault-not-permitted', { ...rule, vault: z.string(), sameSubscription: z.boolean() }),
  judged('controllers-known', { count: z.number() }),
  judged('controllers-not-checked', { unseen: z.array(z.enum(['role-assignments', 'roles'])) }),
  judged('controllers-not-named', {}),
  judged('key-not-shared', {}),
  judged('key-shared', { key: z.string(), resource: z.string(), id: ArmId, subscription: Subscription }),
  /** The requested vault or key has a name similar to one that other resources use. */
  judged('name-alike', { of: z.enum(['vault', 'key']), name: z.string(), other: z.string() }),
  judged('other-resources-not-checked', {}),
  /** Observed using the requested key, and declared by no listed resource. */
  judged('key-used-undeclared', { users: z.array(UndeclaredUser) }),
  judged('key-origin-unknown', {}),
  judged('key-must-be-new', rule),
  judged('vault-reachable', {}),
  judged('vault-firewalled', {}),
  judged('soft-delete-on', {}),
  judged('soft-delete-will-be-on', {}),
  judged('purge-protection-on', {}),
  judged('purge-protection-will-be-on', {}),
  judged('key-fit', kindOfKey),
  judged('key-new', kindOfKey),
  judged('key-made', name),
  judged('key-version-new', kindOfKey),
  /** `now`: the newest version of the key that has this name now. Missing: it wasn't read. */
  judged('key-missing', { deleted: z.enum(['none', 'deleted', 'not-checked']), now: z.string().nullable().optional() }),
  judged('key-name-taken', name),
  judged('key-of-others', name),
  judged('key-doubtful', { name: z.string(), doubt: Doubt }),
  judged('key-not-rsa', { type: z.string() }),
  judged('key-size-unfit', { size: z.number().nullable() }),
  judged('key-disabled', {}),
  judged('key-not-yet-valid', { from: z.string() }),
  judged('key-expired', { at: z.string() }),
  judged('key-expires', { at: z.string() }),
  judged('key-cannot-wrap', { missing: z.array(z.string()) }),
  judged('key-hsm-needs-premium', {}),
  judged('key-name-deleted', name),
  judged('key-name-not-checked', name),
  judged('nothing-to-repair', {}),
  /** The agent has another system-assigned identity than the one that was approved. Object IDs. */
  judged('identity-replaced', { approved: z.string(), now: z.string(), hasAccess: z.boolean() }),
  /** The agent's key changed after the repair was requested. */
  judged('repair-outdated', { key: CustomerKey.nullable(), expected: CustomerKey.nullable() }),
  /** `inUse`: the agent is under it, so its data depends on it. */
  judged('approved-key-gone', { vault: z.string(), ...name, version: z.string(), inUse: z.boolean() }),
  judged('role-needed', RoleTask.shape),
  judged('old-version-unfit', { version: z.string(), why: z.enum(['missing', 'disabled']) }),
  /** `told`: Azure's code, or the time of the log's first or last row. */
  judged('vault-log-needed', {
    why: z.enum(['not-configured', 'no-rows', 'not-readable', 'too-short', 'too-old']),
    told: z.string().nullable(),
  }),
  /** `since`: the log's first use by the agent; `until`: a day later. Null: it shows none. */
  judged('new-version-used', { since: z.string().nullable(), until: z.string().nullable() }),
  /** `since`: where the log begins. Missing: the log wasn't read. */
  judged('old-version-used', {
    version: z.string(),
    users: Retirement.shape.users,
    since: z.string().optional(),
  }),
  judged('declared-not-read', Retirement.shape.unread.shape),
  judged('no-lock', {}),
  judged('locked', { locks: z.array(z.strictObject({ name: z.string(), scope: z.string() })) }),
  judged('locks-not-checked', {}),
  judged('bot-allowed', {}),
  judged('bot-not-allowed', { actions: z.array(z.string()), dataActions: z.array(z.string()) }),
  judged('rights-not-checked', {}),
  judged('vault-rights-not-checked', { actions: z.array(z.string()) }),
]);
export type Check = z.infer<typeof Check>;
export type CheckCode = Check['code'];
/** Every check code, for tables and tests that must be complete. */
export const checkCodes: readonly CheckCode[] = Check.options.map(({ shape }) => shape.code.value);
export type FactOf<C extends CheckCode> = Extract<Check, { readonly code: C }>['fact'];
/** The same union as a mapped type. It lets a table by code be called with a check of any code. */
export type CheckOf<C extends CheckCode = CheckCode> = {
  [P in C]: { readonly outcome: Check['outcome']; readonly code: P; readonly fact: FactOf<P> };
}[C];

/** Builds a check. The cast is needed because the compiler can't relate a code to its fact through the union. */
export const judge = <C extends CheckCode>(outcome: Check['outcome'], code: C, fact: FactOf<C>): Check =>
  ({ outcome, code, fact }) as unknown as Check;

/** Returns whether the block clears without anyone acting. */
export const isTemporaryBlock = (check: Check): boolean =>
  check.code === 'provisioning-unsettled' && isBusy(check.fact.provisioningState);

/** Blocks that depend on what was chosen: the agent, vault, key or policy. Checking again doesn't help. */
const lasting: ReadonlySet<CheckCode> = new Set<CheckCode>([
  'created-before-cutoff',
  'created-unknown',
  'microsoft-managed',
  'already-under-this-key',
  'already-under-another-key',
  'key-moved',
  'repair-outdated',
  'other-tenant',
  'vault-not-permitted',
  'key-must-be-new',
  'key-of-others',
  'key-doubtful',
  'key-not-rsa',
  'key-size-unfit',
  'key-hsm-needs-premium',
]);

/** Returns whether the block can be removed without choosing something else. */
export const isRemovableBlock = ({ code }: Check): boolean => !lasting.has(code);

const avoidable: ReadonlySet<CheckCode> = new Set<CheckCode>([
  'vault-firewalled',
  'key-missing',
  'key-name-taken',
  'key-name-deleted',
  'key-disabled',
  'key-not-yet-valid',
  'key-expired',
  'key-cannot-wrap',
]);

/** Returns whether another choice avoids a block that can be removed. */
export const isAvoidableBlock = ({ code }: Check): boolean => avoidable.has(code);
