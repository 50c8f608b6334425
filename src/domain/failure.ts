/** Failures. Azure's own messages are stored unchanged; the bot's own findings are structured data. */
import { z } from 'zod';
import { Check, isKeyMissing, RoleTask } from './check.ts';
import { CustomerKey, Doubt } from './observed.ts';

/**
 * The next action; callers branch on nothing else. `wait`: busy or throttled, repeat the same call. `retry-until`: an
 * earlier change hasn't propagated yet, retry within a limit. `ask`: only a person can fix it.
 */
const next = z.enum(['wait', 'retry-until', 'ask']);

const own = <C extends string, F extends z.ZodRawShape>(code: C, fact: F) =>
  z.strictObject({ code: z.literal(code), ...fact });

const keys = { shows: CustomerKey.nullable(), expected: CustomerKey.nullable() };

export const Found = z.discriminatedUnion('code', [
  /** A check that was repeated before the run blocks it. */
  own('blocked', { check: Check }),
  own('resource-busy', { provisioningState: z.string() }),
  own('resource-not-settled', { provisioningState: z.string() }),
  own('missing', { what: z.enum(['resource', 'vault', 'identity']) }),
  own('vault-moved', { to: z.string() }),
  own('resource-moved', { to: z.string() }),
  /** It was deleted and created again under the same name, so it isn't what people approved. Times are ISO 8601. */
  own('replaced', { what: z.enum(['resource', 'vault']), was: z.string(), now: z.string() }),
  /** Key access was granted to another identity than the resource has now. Both are object IDs. */
  own('identity-changed', { was: z.string(), now: z.string() }),
  own('access-gone', { by: z.enum(['role-assignments', 'access-policies']), keyName: z.string() }),
  own('identity-lost', { id: z.string() }),
  own('identity-not-shown', {}),
  own('key-of-others', { keyName: z.string() }),
  /** It has the mark of the request's own key, but someone might have copied it. */
  own('key-doubtful', { keyName: z.string(), doubt: Doubt }),
  /** The process that began the attempt ended, and Azure doesn't show the change. It might still come. */
  own('interrupted', {}),
  own('key-not-there', { keyName: z.string() }),
  /** The step is done once a role of the vault did this. */
  own('role-needed', RoleTask.shape),
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
  own('access-mode-changed', { vault: z.string(), now: z.enum(['role-assignments', 'access-policies']) }),
  own('grant-not-shown', {}),
  own('protection-not-shown', {}),
  own('key-not-shown', keys),
  /** Someone set a key on the resource that the approval doesn't replace. */
  own('key-moved', keys),
  own('membership-unknown', {}),
  own('requester-lost-role', {}),
  /** A person stopped the run: `by` is an object ID, `operator` the name that an operator gave. */
  own('stopped', { by: z.string().nullable(), operator: z.string().nullable() }),
  own('unexpected', { errorId: z.string() }),
  own('not-of-kind', { id: z.string(), kind: z.string() }),
  own('outside-subscriptions', { subscriptionId: z.string() }),
  own('not-a-vault-address', { address: z.string() }),
  /** The unwrapped bytes differ from the original ones. */
  own('key-probe-mismatch', {}),
  /** The SDK refused to use the key. `message` is the SDK's. */
  own('key-not-usable', { message: z.string() }),
]);
export type Found = z.infer<typeof Found>;
export type FoundCode = Found['code'];

const Forbidding = z.strictObject({ policy: z.string(), assignment: z.string().nullable() });
export type Forbidding = z.infer<typeof Forbidding>;

/**
 * What happened to the change that a call was to make. `none`: not sent. `refused`: Azure rejected all of it. `accepted`: it
 * started, and then failed or couldn't be followed. `unknown`: no response says.
 */
export const ChangeFate = z.enum(['none', 'refused', 'accepted', 'unknown']);
export type ChangeFate = z.infer<typeof ChangeFate>;

const outside = {
  next,
  /** What the bot was doing, in its own words: `reading key signing in kv-care-prod`. */
  doing: z.string(),
  code: z.string(),
  message: z.string(),
  /** Milliseconds the provider asked to wait; null if it didn't say. */
  retryAfterMs: z.number().nullable(),
  clientRequestId: z.string().nullable(),
  correlationId: z.string().nullable(),
  change: ChangeFate,
};

/** Any failure, by its source. The list is closed, because cards show the source by name. */
export const Failure = z.discriminatedUnion('source', [
  z.strictObject({ source: z.literal('bot'), next, doing: z.string(), found: Found }),
  z.strictObject({
    source: z.literal('azure'),
    ...outside,
    /** For a failed operation: the status of the response that reported the failure. */
    status: z.number(),
    /** Missing: Azure named none. */
    policies: z.array(Forbidding).optional(),
  }),
  z.strictObject({ source: z.literal('sign-in'), ...outside }),
  z.strictObject({ source: z.literal('no-answer'), ...outside }),
]);
export type Failure = z.infer<typeof Failure>;

export const codeOf = (failure: Failure): string => (failure.source === 'bot' ? failure.found.code : failure.code);

/** Of the HTTP response; null without one. */
export const statusOf = (failure: Failure): number | null => (failure.source === 'azure' ? failure.status : null);

/**
 * Azure's codes for a missing permission (ARM, Key Vault, Microsoft Graph, Log Analytics). Other errors of a read say
 * nothing about permissions, such as a proxy's 403 or a rejected token.
 */
const permissionCodes =
  /^(((Linked|DenyAssignment)?AuthorizationFailed)|Authorization_RequestDenied|InsufficientAccessError|AccessDenied|Forbidden(By(Rbac|Policy))?)$/;

export const isPermissionRefusal = (failure: Failure): boolean =>
  failure.source === 'azure' && failure.status === 403 && permissionCodes.test(failure.code);

/** Findings of checks that run before anything is sent. */
const foundFirst: ReadonlySet<FoundCode> = new Set([
  'blocked',
  'resource-busy',
  'key-moved',
  'identity-changed',
  'access-gone',
  'replaced',
  'role-needed',
]);

const absences: ReadonlySet<FoundCode> = new Set(['missing', 'identity-lost', 'identity-changed', 'access-gone']);

/**
 * Returns whether something that existed isn't shown any more. A lagging Azure replica gives the same answer, so the caller
 * reads again.
 */
export const isDisappearance = (failure: Failure): boolean =>
  failure.source === 'bot' &&
  (absences.has(failure.found.code) || (failure.found.code === 'blocked' && isKeyMissing(failure.found.check)));

/**
 * Returns whether the failed attempt changed nothing: the change was rejected or not sent. It isn't known what an interrupted
 * attempt sent.
 */
export const changedNothing = ({ failure, interrupted }: FailedAttempt): boolean =>
  interrupted !== true &&
  (failure.source === 'bot'
    ? foundFirst.has(failure.found.code)
    : failure.change === 'none' || failure.change === 'refused');

interface FailedAttempt {
  readonly failure: Failure;
  readonly interrupted?: true | undefined;
}

/** The IDs by which Azure logs a call. */
export const Receipt = z.strictObject({
  clientRequestId: z.string().nullable(),
  correlationId: z.string().nullable(),
});
export type Receipt = z.infer<typeof Receipt>;

/** Both are null if Azure wasn't called. */
export const receiptOf = (failure: Failure): Receipt =>
  failure.source === 'bot'
    ? { clientRequestId: null, correlationId: null }
    : { clientRequestId: failure.clientRequestId, correlationId: failure.correlationId };

/** A value or a failure. Returned and never thrown: a caller that ignores the failure doesn't compile. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const failed = (failure: Failure): { readonly ok: false; readonly failure: Failure } => ({ ok: false, failure });

/**
 * A failure on which the caller doesn't decide: thrown through the code in between, and caught where an attempt of a step, a form's
 * turn or a check ends.
 */
export class AzureFailure extends Error {
  override readonly name = 'AzureFailure';
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(codeOf(failure));
    this.failure = failure;
  }
}

/** Throws {@link AzureFailure}. */
export function valueOrThrow<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new AzureFailure(outcome.failure);
}

/** Waits for all of the reads. Throws the failure that stands first in the list, whichever came first. */
export async function allInOrder<T extends readonly unknown[] | []>(
  reads: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(reads);
  return Promise.all(reads);
}

/** Runs the work, and returns the {@link AzureFailure} that it throws. */
export async function catchFailure<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return done(await work());
  } catch (error) {
    if (error instanceof AzureFailure) return failed(error.failure);
    throw error;
  }
}

export const botFailure = (doing: string, found: Found, next: Failure['next'] = 'ask'): Failure => ({
  source: 'bot',
  next,
  doing,
  found,
});

/** Returns null if the bot lacks permission. Other failures stay failures: they must not count as a missing permission. */
export const nullIfForbidden = <T>(outcome: Outcome<T>): Outcome<T | null> =>
  !outcome.ok && isPermissionRefusal(outcome.failure) ? done(null) : outcome;
