/**
 * Checks: facts about a resource, a vault, a key and the bot's rights, each judged pass, warn or block. A plan with a block
 * cannot be submitted. Who judges is the operations' affair; here is what a judgement can be. `src/text` has words for each.
 */
import { z } from 'zod';
import { Subscription } from './control.ts';
import { ArmId } from './ids.ts';
import { CustomerKey, Doubt } from './observed.ts';
import { isBusy } from './provisioning.ts';

const outcome = z.enum(['pass', 'warn', 'block']);

/** One judgement with the facts it rests on, as Azure gave them: data, which words render and never take apart. */
const judged = <C extends string, F extends z.ZodRawShape>(code: C, fact: F) =>
  z.strictObject({ outcome, code: z.literal(code), fact: z.strictObject(fact) });

const day = { day: z.string(), cutoff: z.string() };
const state = { provisioningState: z.string() };
const name = { name: z.string() };
const key = { key: CustomerKey };
/** The rule of the policy that says so. */
const rule = { rule: z.string() };
const kindOfKey = { type: z.string(), size: z.number().nullable() };

/** Every judgement a check can come to. Days and times are ISO 8601. */
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
  judged('key-shared', { key: z.string(), agent: z.string(), id: ArmId, subscription: Subscription }),
  /** The wanted vault or key has a name like one that other resources use. */
  judged('name-alike', { of: z.enum(['vault', 'key']), name: z.string(), other: z.string() }),
  judged('other-agents-not-checked', {}),
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
  /** Missing facts: stored before they were read. `now`: the newest version of the key that has this name now. */
  judged('key-missing', {
    deleted: z.enum(['none', 'deleted', 'not-checked']).optional(),
    now: z.string().nullable().optional(),
  }),
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
/** All of them, for whoever has to have something for each. */
export const checkCodes: readonly CheckCode[] = Check.options.map(({ shape }) => shape.code.value);
export type FactOf<C extends CheckCode> = Extract<Check, { readonly code: C }>['fact'];
/** The same union, member by member: what lets a table by code be called with a check of any code. */
export type CheckOf<C extends CheckCode = CheckCode> = {
  [P in C]: { readonly outcome: Check['outcome']; readonly code: P; readonly fact: FactOf<P> };
}[C];

/** Makes a judgement. The compiler cannot follow a code to its own fact through the union: this is the one place that says so. */
export const judge = <C extends CheckCode>(outcome: Check['outcome'], code: C, fact: FactOf<C>): Check =>
  ({ outcome, code, fact }) as unknown as Check;

/** A block that passes by itself. */
export const passesByItself = (check: Check): boolean =>
  check.code === 'provisioning-unsettled' && isBusy(check.fact.provisioningState);

/** Blocks that stay for these choices: another agent, vault, key or policy is needed. Checking again doesn't help. */
const lasting: ReadonlySet<CheckCode> = new Set<CheckCode>([
  'created-before-cutoff',
  'created-unknown',
  'microsoft-managed',
  'already-under-this-key',
  'already-under-another-key',
  'key-moved',
  'other-tenant',
  'vault-not-permitted',
  'key-must-be-new',
  'key-of-others',
  'key-doubtful',
  'key-not-rsa',
  'key-size-unfit',
  'key-expired',
  'key-hsm-needs-premium',
]);

/** Whether what blocks can be removed while the choices stay as they are. */
export const canStillPass = ({ code }: Check): boolean => !lasting.has(code);
