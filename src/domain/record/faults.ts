/** Every integrity error of the audit log, as data. `src/text/record.ts` says what each means. */

/** Errors of a single row. */
export type LineFault =
  | 'hash-differs'
  | 'not-canonical'
  | 'column-differs'
  | 'seal-missing'
  | 'seal-differs'
  | 'seal-key-unknown'
  | 'seal-key-retired';

/** Errors between rows. */
type ChainFault = 'prev-differs' | 'not-contiguous' | 'head-differs' | 'revision-differs';

/** Errors of the texts stored next to the chain. */
type TextFault = 'text-differs' | 'text-unknown' | 'text-missing';

/** Derived data that contradicts the events. */
type DerivedFault = 'open-request-differs' | 'job-unknown';

/** An invalid row that the bot doesn't act on. */
export type RowFault = LineFault | ChainFault | TextFault | DerivedFault;

/** Errors that only the verifier detects. */
type VerifierFault = 'rows-differ' | 'export-differs' | 'line-unreadable';

/** Errors of a published log alone. */
type PublishedFault = 'checkpoint-not-signed' | 'checkpoint-differs' | 'tile-differs';

export type RecordFault = RowFault | VerifierFault | PublishedFault;
