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
  /** A job for a request or run that isn't in the events. */
  | 'job-unknown';

/** An invalid row that the bot doesn't act on. */
export type RowFault = LineFault | ChainFault | TextFault | DerivedFault;

/** Errors that only the verifier detects. */
type VerifierFault =
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

export type RecordFault = RowFault | VerifierFault | PublishedFault;
