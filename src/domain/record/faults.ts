/** Every integrity error of the audit log, as data. The words are in `src/text`. */

/** Errors of a single row. */
export type LineFault =
  /** The body's hash isn't the stored one: body or hash was changed. */
  | 'hash-differs'
  /** The body isn't the canonical JSON of an object. */
  | 'not-canonical'
  /** A column contradicts the body. */
  | 'column-differs'
  /** It has no seal, or none by the key that its body names. */
  | 'seal-missing'
  /** The seal doesn't match the body: it was forged or copied from another event. */
  | 'seal-differs'
  /** The seal's key isn't known here. */
  | 'seal-key-unknown'
  /** The seal's key had been replaced by then. */
  | 'seal-key-retired';

/** Errors between rows. */
type ChainFault =
  /** The row doesn't contain the previous row's hash: that row was changed, replaced or removed. */
  | 'prev-differs'
  /** A row is missing, duplicated or moved. */
  | 'not-contiguous'
  /** The chain doesn't end where it's known to have ended: rows were removed, or the chain was rebuilt. */
  | 'head-differs'
  /** A request's events aren't numbered from 1 without a gap, or are fewer than known before. */
  | 'revision-differs';

/** Errors of the texts stored next to the chain. */
type TextFault =
  /** A text doesn't match the commitment. */
  | 'text-differs'
  /** A text without a commitment. */
  | 'text-unknown'
  /** A text is missing, and no later event says that it was erased. */
  | 'text-missing';

/** Derived data that contradicts the events. */
type DerivedFault =
  /** The resource's open request isn't the one in the events. */
  | 'open-request-differs'
  /** An outbox row for a request or run that isn't in the events. */
  | 'outbox-unknown';

/** An invalid row that the bot doesn't act on. */
export type RowFault = LineFault | ChainFault | TextFault | DerivedFault;

/** A history that no request can have: its events break the product's rules. */
export type ReplayFault =
  /** A request's first event, and no other, must be a person's submission. */
  | 'begins-otherwise'
  /** Only late decisions and erasures can follow the end. */
  | 'after-the-end'
  /** The event isn't possible in the request's state. */
  | 'not-in-this-state'
  /** The actor had no permission: the requester decided, or someone else acted for the requester. */
  | 'not-theirs'
  /** The requester changed the agent, edited it too often, or edited it after a run had started. */
  | 'changed-unduly'
  | 'approved-twice'
  /** The approved plan isn't the last one that needed approval. */
  | 'approved-another-plan'
  /** It was approved after the deadline, or expired before it. */
  | 'out-of-time'
  /** The approval's count, or the number of approvals needed, is wrong. */
  | 'miscounted'
  /** An irreversible step was approved without the confirmation. */
  | 'not-acknowledged'
  /** A run was ordered or checked with fewer approvals than the policy requires, or with other people's. */
  | 'too-few-approvals'
  /** The run isn't the last one ordered. */
  | 'another-run'
  /** A step was intended in a run without the check before it. */
  | 'not-checked'
  /** A step was intended that isn't planned, was already running, or whose turn it wasn't. */
  | 'out-of-turn'
  | 'result-without-intent'
  /** Success, although a step isn't done or the result wasn't verified. */
  | 'not-proved';

/** Errors that only the verifier detects. */
type VerifierFault =
  | ReplayFault
  /** It's dated before the previous event. Only the event that corrects a clock can be. */
  | 'time-went-back'
  /** The body has a field or value that no event type has. */
  | 'body-unknown'
  /** The number of rows differs from the number of events in the chain. */
  | 'rows-differ'
  /** Something in an older export is missing or different. */
  | 'export-differs'
  /** A line of an export is neither an event nor a text, or is in the wrong place. */
  | 'line-unreadable';

/** Errors of a published log alone. */
type PublishedFault =
  /** A checkpoint isn't signed by these keys, or belongs to a log of another name. */
  | 'checkpoint-not-signed'
  /** A checkpoint's root doesn't match the events up to it, or its number is wrong. */
  | 'checkpoint-differs'
  /** A tile doesn't match the events, or is missing. */
  | 'tile-differs';

/** Errors of an evidence pack alone. */
type PackFault =
  /** A file doesn't match the pack's checksums: it was damaged, removed or added. */
  | 'file-damaged'
  /** The inclusion proof doesn't connect the event with the signed root. */
  | 'proof-differs'
  /** The event's plan digest doesn't match its plan. */
  | 'plan-digest-differs'
  /** The event belongs to another request. */
  | 'another-request'
  /** A view contradicts the events. */
  | 'view-differs';

export type RecordFault = RowFault | VerifierFault | PublishedFault | PackFault;
