/**
 * Converts errors of the SDK to failures, classified only by what to do next:
 *
 * | result | next | reason |
 * |---|---|---|
 * | no answer: connection refused, reset or dropped, name not found, time up | wait | a read was repeated already; a change is checked before it is repeated |
 * | 429, 408, 5xx (not 501, 505), `…Throttled`, `TooManyRequests` | wait | with `retryAfterMs` if Azure sent one |
 * | 409 and 412 in general: `AnotherOperationInProgress`, `ConflictError`, `ObjectIsBeingRecovered`, … | wait | another change is in progress |
 * | 409 that lasts: `ScopeLocked`, `MissingSubscriptionRegistration`, `ObjectIsDeletedButRecoverable`, `RoleAssignmentUpdateNotPermitted`, `ReadOnlyDisabledSubscription`, `ResourceGroupBeingDeleted`, quotas | ask | waiting changes nothing |
 * | an operation that ended with `InternalServerError`, `ServiceUnavailable`, a timeout, `OperationPreempted`, and `FailedIdentityOperation` | wait | the provider's own error |
 * | `PrincipalNotFound` | retry-until | a new identity takes a while to replicate in Entra ID |
 * | setting the customer's key: a code that is known to last | ask | ARM refuses the product, a policy or the request itself |
 * | setting the customer's key: any other refusal, and an operation that ended with any other code | retry-until | a new role assignment takes minutes to reach Key Vault; the step reads whether all else is right |
 * | an accepted change whose operation is not found at its polling address | wait | the resource itself is read |
 * | to a read: 401, or an answer that isn't Azure's (a web page, an empty or half a body) | wait | says nothing about permissions; another answer might be Azure's |
 * | an answer with a good status that can't be read | wait | the same; after a change, the resource itself is read |
 * | sign-in: no network, 429, 5xx | wait | as above |
 * | sign-in: anything else (`AADSTS…`, no credential) | ask | a secret or an assignment is wrong |
 * | everything else: 400, 401 to a change, 403 (also Key Vault's 400 `ForbiddenByRbac` through ARM), 404, failed operations with codes of their own | ask | with code and message word for word |
 *
 * Codes are from Microsoft's error references for ARM, Key Vault and RBAC and from public reports. What a service answers
 * while it can't use a key yet isn't documented, so no words are looked for there.
 */
import type { ChangeFate, Failure } from '../../domain/failure.ts';
import {
  type AzureError,
  azureErrorIn,
  errorIn,
  isCutOff,
  maxMessage,
  pageTitle,
  unreadableMessage,
} from './error-body.ts';
import { correlationIdOf, type Exchange, type HttpAnswer, retryAfterOf } from './exchange.ts';

interface FailureContext {
  readonly doing: string;
  /** The call depends on key access that might have been assigned just before. */
  readonly dependsOnGrant: boolean;
  readonly now: Date;
}

type Next = Failure['next'];

const permanentConflicts =
  /^(ScopeLocked|MissingSubscriptionRegistration|ObjectIsDeletedButRecoverable|RoleAssignmentUpdateNotPermitted|RoleAssignmentLimitExceeded|ReadOnlyDisabledSubscription|QuotaExceeded|VaultAlreadyExists|RequestDisallowedByPolicy|ResourceGroupBeingDeleted)$/;
const providerErrors =
  /^(InternalServerError|InternalError|InternalOperationError|ServerTimeout|ServiceUnavailable|ServerBusy|GatewayTimeout|OperationTimedOut|Timeout|OperationPreempted|FailedIdentityOperation|AnotherOperationInProgress|ConflictingConcurrentWriteNotAllowed|RetryableError)$/;
const canceled = /Cancell?ed$/;
/** A key of the wanted name was deleted: the code can be a general `Conflict`. */
const deletedName = /deleted but recoverable/;
const throttled = /(Throttled|TooManyRequests)$/;
/** For a key: what neither access nor time changes. From ARM's common errors, and public reports about storage accounts. */
const lasting =
  /^((Linked|DenyAssignment)?AuthorizationFailed|RequestDisallowedBy(Policy|Azure)|(Invalid|Expired)AuthenticationToken\w*|AuthenticationFailed|((Parent)?Resource|ResourceGroup|Subscription)NotFound|InvalidApiVersionParameter|InvalidRequestContent|InvalidResourceType|NoRegisteredProviderFound|PropertyChangeNotAllowed|FeatureNotSupportedForAccount|InvalidValuesForRequestParameters|KeyVaultPolicyError|MissingKeyvaultProperties|NotImplemented)$/;

/** Returns whether the answer isn't Azure's: a proxy's page, an empty or a truncated body. Another answer might be Azure's. */
const isForeignAnswer = ({ body }: HttpAnswer): boolean =>
  body.trim() === '' || pageTitle(body) !== null || isCutOff(body);

function nextOf(answer: HttpAnswer, reported: AzureError, context: FailureContext, change: ChangeFate): Next {
  const { status } = answer;
  const matches = (pattern: RegExp): boolean => reported.codes.some((code) => pattern.test(code));
  const text = [...reported.codes, reported.message].join('\n');
  if (matches(/^PrincipalNotFound$/)) return 'retry-until';
  if (status === 429 || status === 408 || matches(throttled) || matches(providerErrors)) return 'wait';
  if (change === 'none' && (status === 401 || isForeignAnswer(answer))) return 'wait';
  if (status === 409 || status === 412) return matches(permanentConflicts) || deletedName.test(text) ? 'ask' : 'wait';
  if (status >= 500 && status !== 501 && status !== 505) return 'wait';
  if (change === 'accepted' && status === 404) return 'wait';
  return context.dependsOnGrant && ![lasting, permanentConflicts, canceled].some(matches) ? 'retry-until' : 'ask';
}

type ExternalFailure = Exclude<Failure, { readonly source: 'bot' }>;
type Unanswered = Exclude<ExternalFailure, { readonly source: 'azure' }>;

const common = (context: FailureContext, exchange: Exchange) => ({
  doing: context.doing,
  retryAfterMs: null,
  clientRequestId: exchange.sent ? exchange.clientRequestId : null,
  correlationId: null,
  change: exchange.change,
});

const unanswered = (
  context: FailureContext,
  exchange: Exchange,
  what: Pick<Unanswered, 'source' | 'next' | 'code' | 'message'>,
): Failure => ({ ...common(context, exchange), ...what });

const answered = (
  context: FailureContext,
  exchange: Exchange,
  last: HttpAnswer,
  what: Pick<ExternalFailure, 'next' | 'code' | 'message'>,
) => ({
  ...common(context, exchange),
  ...what,
  source: 'azure' as const,
  status: last.status,
  correlationId: correlationIdOf(last),
});

/** Returns the failure that an answer reports. A failed operation is logged under the ids of the change that started it. */
function fromAnswer(exchange: Exchange, context: FailureContext): Failure | null {
  const { last, write } = exchange;
  const reported = last === null ? null : azureErrorIn(last);
  if (last === null || reported === null) return null;
  const { code, message } = reported;
  const next = nextOf(last, reported, context, exchange.change);
  return {
    ...answered(context, exchange, last, { next, code, message }),
    ...(reported.policies.length === 0 ? {} : { policies: [...reported.policies] }),
    retryAfterMs: retryAfterOf(last, context.now),
    correlationId: correlationIdOf(last.status < 400 && write !== null ? write : last),
  };
}

const signInErrors =
  /^(AuthenticationRequiredError|AuthenticationError|AggregateAuthenticationError|CredentialUnavailableError|ClientAuthError|ServerError)$/;
const signInUnreachable =
  /network_error|endpoints_resolution_error|openid_config_error|ECONNRE|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|temporarily_unavailable|server_error|AADSTS(90033|50196)\b|Status code: (429|5\d\d)/;

/** Whether Entra ID is busy, by the cause's status. For a minute after a 429, MSAL repeats its error without one. */
const isBusyAnswer = (cause: unknown): boolean => {
  if (!isError(cause) || cause.name !== 'ServerError') return false;
  const status = 'status' in cause ? cause.status : undefined;
  return typeof status !== 'number' || status === 429 || status >= 500;
};

/** MSAL's own codes are first in its messages. The SDK's error names are less specific. */
const msalCode = /^[a-z]+(_[a-z]+)*_error\b/;

function fromSignIn(error: Error, context: FailureContext, exchange: Exchange): Failure {
  return unanswered(context, exchange, {
    source: 'sign-in',
    next: signInUnreachable.test(error.message) || isBusyAnswer(error.cause) ? 'wait' : 'ask',
    code: (/AADSTS\d{1,10}/.exec(error.message) ?? msalCode.exec(error.message))?.[0] ?? error.name,
    message: error.message.slice(0, maxMessage),
  });
}

const connectionErrors =
  /^(E[A-Z]+|EAI_AGAIN|REQUEST_SEND_ERROR|PARSE_ERROR|ERR_SSL_.*|ERR_TLS_.*|ERR_STREAM_PREMATURE_CLOSE|HPE_.*)$/;
/** An untrusted certificate stays untrusted until a setting changes. */
const certificateErrors =
  /^(UNABLE_TO_.*|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_.*|ERR_TLS_CERT_ALTNAME_INVALID)$/;

const codeOf = (error: Error): string | null => ('code' in error && typeof error.code === 'string' ? error.code : null);

function fromConnection(error: Error, context: FailureContext, exchange: Exchange): Failure | null {
  const code = codeOf(error);
  // For a body that isn't JSON, the SDK's message is JavaScript's; the answer itself says more.
  if (code === null || (code === 'PARSE_ERROR' && exchange.last !== null)) return null;
  const { message } = error;
  if (certificateErrors.test(code))
    return unanswered(context, exchange, { source: 'no-answer', next: 'ask', code, message });
  if (connectionErrors.test(code))
    return unanswered(context, exchange, { source: 'no-answer', next: 'wait', code, message });
  return null;
}

const unexpectedAnswer = (error: Error, context: FailureContext, exchange: Exchange): Failure => {
  const { last } = exchange;
  const what = { next: 'wait', code: 'UnexpectedAnswer' } as const;
  if (last === null)
    return unanswered(context, exchange, { ...what, source: 'no-answer', message: unreadableMessage(error, '', null) });
  return answered(context, exchange, last, {
    ...what,
    message: unreadableMessage(error, last.body, errorIn(last.body)),
  });
};

/** The SDK's message if a vault asks for a token of another domain. The SDK then sends no token. */
const foreignChallenge = /challenge resource .* does not match the requested domain/;

function fromChallenge(error: Error, context: FailureContext, exchange: Exchange): Failure | null {
  const { message } = error;
  if (!foreignChallenge.test(message) || exchange.last === null) return null;
  return answered(context, exchange, exchange.last, { next: 'ask', code: 'ForeignChallenge', message });
}

/** Checks by shape: an abort's `DOMException` and errors of another realm aren't instances of this realm's `Error`. */
const isError = (thrown: unknown): thrown is Error =>
  typeof thrown === 'object' && thrown !== null && 'name' in thrown && 'message' in thrown;

const parserErrors = new Set([
  'ZodError',
  '$ZodError',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'UnusableAnswer',
  'RestError',
]);

/** Converts a thrown error to a failure. Null: it isn't external, so it's a bug and must be thrown. */
export function readFailure(thrown: unknown, exchange: Exchange, context: FailureContext): Failure | null {
  if (!isError(thrown)) return null;
  if (thrown.name === 'AbortError' || thrown.name === 'TimeoutError') {
    const message = exchange.tooLong ? 'the answer is too long' : 'no answer in time';
    return (
      fromAnswer(exchange, context) ??
      unanswered(context, exchange, { source: 'no-answer', next: 'wait', code: 'NoAnswerInTime', message })
    );
  }
  if (signInErrors.test(thrown.name)) return fromSignIn(thrown, context, exchange);
  const connection = fromConnection(thrown, context, exchange);
  if (connection !== null) return connection;
  const reported = fromChallenge(thrown, context, exchange) ?? fromAnswer(exchange, context);
  if (reported !== null) return reported;
  // A successful answer with an unexpected shape: the SDK or the bot's schema threw.
  return parserErrors.has(thrown.name) && exchange.last !== null ? unexpectedAnswer(thrown, context, exchange) : null;
}
