/** Failures: what stood in the way. Azure's own words are kept as they are; what the bot itself found is data. */
import { z } from 'zod';
import { Check } from './check.ts';
import { CustomerKey, Doubt } from './observed.ts';

/**
 * What must be done next, which is all a caller may decide on:
 * `wait`: busy or throttled, the same call will do; `retry-until`: an earlier change has not spread yet, bounded;
 * `ask`: only a person can mend it.
 */
const next = z.enum(['wait', 'retry-until', 'ask']);

const own = <C extends string, F extends z.ZodRawShape>(code: C, fact: F) =>
  z.strictObject({ code: z.literal(code), ...fact });

const keys = { shows: CustomerKey.nullable(), expected: CustomerKey.nullable() };

/** What the bot found by looking, in codes of its own. */
export const Found = z.discriminatedUnion('code', [
  /** A check that was made again before the run blocks it. */
  own('blocked', { check: Check }),
  own('resource-busy', { provisioningState: z.string() }),
  own('resource-not-settled', { provisioningState: z.string() }),
  own('missing', { what: z.enum(['resource', 'vault', 'identity']) }),
  /** The vault of that name is in another place than people approved. */
  own('vault-moved', { to: z.string() }),
  /** The agent is in another resource group or subscription than people approved. */
  own('resource-moved', { to: z.string() }),
  /** Deleted and created again under the same name: another thing than people approved. Times are ISO 8601. */
  own('replaced', { what: z.enum(['resource', 'vault']), was: z.string(), now: z.string() }),
  /** Access to the key was given to another identity than the one that the agent has now: object ids. */
  own('identity-changed', { was: z.string(), now: z.string() }),
  /** The agent's identity had access to the key, and has it no longer. */
  own('access-gone', { by: z.enum(['role-assignments', 'access-policies']), keyName: z.string() }),
  /** A user-assigned identity that the resource had when people approved. */
  own('identity-lost', { id: z.string() }),
  own('identity-not-shown', {}),
  own('key-of-others', { keyName: z.string() }),
  /** It carries what only the request's own key should, and somebody may have copied that. */
  own('key-doubtful', { keyName: z.string(), doubt: Doubt }),
  /** The process ended between storing that the key is made and making it. */
  own('stopped-before-making', { keyName: z.string() }),
  own('key-not-there', { keyName: z.string() }),
  /** What was made is not what was approved. */
  own('key-made-otherwise', {
    keyName: z.string(),
    differences: z.array(
      z.discriminatedUnion('of', [
        z.strictObject({ of: z.literal('type'), is: z.string(), wanted: z.string() }),
        z.strictObject({ of: z.literal('size'), is: z.number().nullable(), wanted: z.number() }),
        z.strictObject({ of: z.literal('expires'), is: z.string().nullable(), wanted: z.string().nullable() }),
        z.strictObject({ of: z.literal('not-before'), is: z.string() }),
        z.strictObject({ of: z.literal('operations') }),
        z.strictObject({ of: z.literal('disabled') }),
      ]),
    ),
  }),
  /** The vault now grants access in another way than was approved. */
  own('access-mode-changed', { vault: z.string(), now: z.enum(['role-assignments', 'access-policies']) }),
  own('grant-not-shown', {}),
  own('protection-not-shown', {}),
  /** Azure accepted the change, and the resource shows another key. */
  own('key-not-shown', keys),
  /** Somebody put the resource under a key that the approval does not take it from. */
  own('key-moved', keys),
  own('membership-unknown', {}),
  /** Whoever asked is no longer a requester of the agent. */
  own('requester-lost-role', {}),
  own('run-lost', {
    why: z.discriminatedUnion('how', [
      z.strictObject({ how: z.literal('unknown-to-engine') }),
      z.strictObject({ how: z.literal('ended'), status: z.string() }),
      z.strictObject({ how: z.literal('no-replica'), workflowVersion: z.string() }),
    ]),
    touched: z.boolean(),
  }),
  /** A person wanted nothing more to begin: by object id, or an operator by the name they gave. */
  own('stopped', { by: z.string().nullable(), operator: z.string().nullable() }),
  own('unexpected', { errorId: z.string() }),
  own('not-of-kind', { id: z.string(), kind: z.string() }),
  own('outside-subscriptions', { subscriptionId: z.string() }),
  own('not-a-vault-address', { address: z.string() }),
  /** What was unwrapped is not what was wrapped. */
  own('key-probe-mismatch', {}),
  /** The SDK refused to use the key, in its words. */
  own('key-not-usable', { message: z.string() }),
]);
export type Found = z.infer<typeof Found>;
export type FoundCode = Found['code'];

/** A policy of Azure's that forbade a change, by the names that people gave. */
const Forbidding = z.strictObject({ policy: z.string(), assignment: z.string().nullable() });
export type Forbidding = z.infer<typeof Forbidding>;

/**
 * What became of the change that a call was to make. `none`: it was not sent. `refused`: Azure took nothing of it. `accepted`:
 * it began, and its operation failed or could not be followed. `unknown`: nothing was heard that says.
 */
export const ChangeFate = z.enum(['none', 'refused', 'accepted', 'unknown']);
export type ChangeFate = z.infer<typeof ChangeFate>;

/** What every failure that came from outside carries. */
const outside = {
  next,
  /** What was being done, in our words: `reading key signing in kv-care-prod`. */
  doing: z.string(),
  /** The provider's own code, word for word. */
  code: z.string(),
  /** The provider's own message, word for word. */
  message: z.string(),
  /** Milliseconds the provider asked to wait, null when it did not say. */
  retryAfterMs: z.number().nullable(),
  clientRequestId: z.string().nullable(),
  correlationId: z.string().nullable(),
  /** Missing: from before ADR 20, when it was not kept. */
  change: ChangeFate.optional(),
};

/** By whom it was said: a closed list, because words stand on cards under a name. */
export const Failure = z.discriminatedUnion('source', [
  z.strictObject({ source: z.literal('bot'), next, doing: z.string(), found: Found }),
  z.strictObject({
    source: z.literal('azure'),
    ...outside,
    /** Of a failed operation: that of the answer which said so. */
    status: z.number(),
    /** Missing: none was named, or from before ADR 20, when names were not kept. */
    policies: z.array(Forbidding).optional(),
  }),
  z.strictObject({ source: z.literal('sign-in'), ...outside }),
  z.strictObject({ source: z.literal('no-answer'), ...outside }),
]);
export type Failure = z.infer<typeof Failure>;

/** The bot's own code, or the provider's. */
export const codeOf = (failure: Failure): string => (failure.source === 'bot' ? failure.found.code : failure.code);

/** The HTTP status; null where nothing was answered. */
export const statusOf = (failure: Failure): number | null => (failure.source === 'azure' ? failure.status : null);

/**
 * Azure's codes for "the caller lacks a permission" (ARM, Key Vault, Microsoft Graph, Log Analytics). Nothing else that a read can
 * end with says anything about permissions: not a 403 of a proxy, not a refused token.
 */
const permissionCodes =
  /^(((Linked|DenyAssignment)?AuthorizationFailed)|Authorization_RequestDenied|InsufficientAccessError|AccessDenied|Forbidden(By(Rbac|Policy))?)$/;

/** Whether Azure refused the bot for want of a permission. */
export const isPermissionRefusal = (failure: Failure): boolean =>
  failure.source === 'azure' && failure.status === 403 && permissionCodes.test(failure.code);

/** Found by looking before anything is sent, and by nothing else. */
const foundFirst: ReadonlySet<FoundCode> = new Set([
  'blocked',
  'resource-busy',
  'key-moved',
  'stopped-before-making',
  'identity-changed',
  'access-gone',
  'replaced',
]);

const absences: ReadonlySet<FoundCode> = new Set(['missing', 'identity-lost', 'identity-changed', 'access-gone']);

/** Something that was there isn't shown any more. A replica of Azure that lags answers the same, so it is read again. */
export const saysGone = (failure: Failure): boolean =>
  failure.source === 'bot' &&
  (absences.has(failure.found.code) ||
    (failure.found.code === 'blocked' && failure.found.check.code === 'key-missing'));

/** A try that ended like this changed nothing: what it was to change was refused, or was not sent. */
export const leftUntouched = (failure: Failure): boolean =>
  failure.source === 'bot'
    ? foundFirst.has(failure.found.code)
    : failure.change === 'none' || failure.change === 'refused';

/** The ids under which Azure keeps a call in its own logs. */
export const Receipt = z.strictObject({
  clientRequestId: z.string().nullable(),
  correlationId: z.string().nullable(),
});
export type Receipt = z.infer<typeof Receipt>;

/** Those of a failure: none where Azure was not asked. */
export const receiptOf = (failure: Failure): Receipt =>
  failure.source === 'bot'
    ? { clientRequestId: null, correlationId: null }
    : { clientRequestId: failure.clientRequestId, correlationId: failure.correlationId };

/** A value, or the failure that stood in its way. Never thrown: a caller that forgets it does not compile. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const failed = (failure: Failure): { readonly ok: false; readonly failure: Failure } => ({ ok: false, failure });

/** The one maker of the bot's own failures. */
export const foundThat = (doing: string, found: Found, next: Failure['next'] = 'ask'): Failure => ({
  source: 'bot',
  next,
  doing,
  found,
});
