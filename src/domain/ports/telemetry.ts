/**
 * Tracing port. Span names and attributes contain program terms, numbers and request IDs. They never contain text that a
 * person wrote, or a person's name or ID.
 */

/** `cmk.request.id` is copied to child and parent spans. `error.type` marks a failure. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** The remote parent of a span: work that another process, or this one at another time, started. */
export interface TraceOrigin {
  /** W3C Trace Context: `00-<trace>-<span>-01`. An invalid value is ignored. */
  readonly traceparent: string;
  /** True: start a new trace with a link to the origin, because much time has passed. */
  readonly late: boolean;
}

export interface SpanOf {
  /** Low cardinality. */
  readonly name: string;
  /** `server`: an incoming call. `client`: an outgoing call. Otherwise internal. */
  readonly kind?: 'server' | 'client';
  readonly attributes?: SpanAttributes;
  /** Null or unset: the parent is the current span of this process. */
  readonly from?: TraceOrigin | null;
}

/** How long repeated work is overdue that any replica does. */
export interface Overdue {
  done(): Promise<void>;
  /** The time since the last success in any replica, or since the first start, beyond what is normal. */
  seconds(): Promise<number>;
}

export type Note = (attributes: SpanAttributes) => void;

export interface Tracing {
  /** Runs the work in a span. Errors are rethrown; only their class is exported. Never waits for the exporter. */
  span<T>(of: SpanOf, work: (note: Note) => Promise<T>): Promise<T>;
  /** The `traceparent` to store for later work. Null without a span. */
  current(): string | null;
}

const noNote: Note = () => undefined;

export const noTracing: Tracing = { span: (_of, work) => work(noNote), current: () => null };

export interface Call {
  readonly type: CallType;
  readonly status: number;
  /** Why it didn't reach the bot; null if it did. */
  readonly reason: CallRefusalReason | null;
}

const invalidTokens = [
  'no-token',
  'malformed-token',
  'wrong-algorithm',
  'unknown-key',
  'wrong-signature',
  'wrong-issuer',
  'wrong-audience',
  'token-expired',
  'token-not-yet-valid',
  'missing-claim',
  'not-endorsed',
] as const;
export type InvalidToken = (typeof invalidTokens)[number];

export const callRefusalReasons = [
  ...invalidTokens,
  'unreadable-keys',
  'foreign-host',
  'foreign-origin',
  'forwarded',
  'not-plain-json',
  'too-long',
  'cut',
  'too-deep',
  'no-json',
  'malformed',
  'untrusted-service-url',
  'flood',
] as const;
export type CallRefusalReason = (typeof callRefusalReasons)[number];

const types = [
  'message',
  'conversationUpdate',
  'installationUpdate',
  'adaptiveCard/action',
  'application/search',
] as const;
/** `unread`: rejected before its type was known. `other`: a type that the bot doesn't answer. */
export const callTypes = [...types, 'unread', 'other'] as const;
type CallType = (typeof callTypes)[number];

/** Classifies a call. Invokes are classified by name. Clients choose all other values freely, so they count as `other`. */
export const callType = ({ type, name }: { readonly type: string; readonly name?: string | undefined }): CallType =>
  types.find((one) => one === (type === 'invoke' ? name : type)) ?? 'other';

export interface CallMetrics {
  count(call: Call): void;
  readonly contentType: string;
  text(): Promise<string>;
}
