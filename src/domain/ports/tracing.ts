/**
 * What is told of how long something took and what it led to, for whoever operates the bot. Names and attributes are words and
 * figures of the program, and ids of requests: never what a person wrote, and nobody's name or id.
 */

/** `cmk.request.id` is taken over by whatever happens within, and by what it happens in. `error.type` marks what failed. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Where something goes on from that another process, or this one at another time, began. */
export interface TraceOrigin {
  /** As W3C Trace Context has it: `00-<trace>-<span>-01`. One that is no such thing counts as none. */
  readonly traceparent: string;
  /** So much time lies between that it is a trace of its own, which says from where it came. */
  readonly late: boolean;
}

export interface SpanOf {
  /** Of few different ones. */
  readonly name: string;
  /** `server`: asked from outside. `client`: asks something outside. Else inside. */
  readonly kind?: 'server' | 'client';
  readonly attributes?: SpanAttributes;
  /** Null and unset: it belongs to what this process is in the middle of. */
  readonly from?: TraceOrigin | null;
}

/** Says more of what is under way. */
export type Note = (attributes: SpanAttributes) => void;

export interface Tracing {
  /** Runs the work, and tells of it. What the work throws is thrown on; told is its class and nothing else. Never waits. */
  span<T>(of: SpanOf, work: (note: Note) => Promise<T>): Promise<T>;
  /** The `traceparent` of what is under way, to be kept for what follows later; null: nothing is told of it. */
  current(): string | null;
}

const noNote: Note = () => undefined;

/** Tells nobody. */
export const noTracing: Tracing = { span: (_of, work) => work(noNote), current: () => null };
