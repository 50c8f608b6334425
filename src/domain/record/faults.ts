/** Everything that can be wrong with the record, as data. Words for each are in src/text. */

/** What can be seen of a line, or of a row as it lies there, by itself. */
export type LineFault =
  /** The body's hash is not the recorded one: body or hash was changed. */
  | 'hash-differs'
  /** The body is not the canonical form of a JSON object. */
  | 'not-canonical'
  /** A column says something other than the body. */
  | 'column-differs'
  /** It carries no seal, or none of the key that its body names. */
  | 'seal-missing'
  /** The seal is not the one that its key makes of this body: forged, or taken from another event. */
  | 'seal-differs'
  /** The seal was made with a key that is not known here. */
  | 'seal-key-unknown'
  /** The seal was made with a key that the chain had changed away from. */
  | 'seal-key-retired';

/** What can be seen of lines beside each other. */
export type ChainFault =
  /** The line does not name the hash of the line before: that one was changed, replaced or taken out. */
  | 'prev-differs'
  /** A line is missing, doubled or moved. */
  | 'not-contiguous'
  /** The chain does not end where it is known to have ended: lines were cut off or the chain was made anew. */
  | 'head-differs'
  /** The events of a request are not numbered from 1 without a gap, or it has fewer than it was known to have. */
  | 'revision-differs';

/** What can be seen of the texts beside the chain. */
export type TextFault =
  /** A text is not the one the record commits to. */
  | 'text-differs'
  /** A text that the record knows nothing of. */
  | 'text-unknown'
  /** A text is gone, and no later event of its request says that it was erased. */
  | 'text-missing';

/** What is derived from the events and does not follow from them. */
export type DerivedFault =
  /** Which open request holds a resource is not what the events say. */
  | 'open-request-differs'
  /** Something is to be done for a request, or a run, that no event knows. */
  | 'outbox-unknown';

/** A row that the product met and does not act on. */
export type RowFault = LineFault | ChainFault | TextFault | DerivedFault;

/** What no request can have lived through: rules of the product that its events do not keep. */
export type LifeFault =
  /** The first event of a request, and no other, is a person's submission. */
  | 'begins-otherwise'
  /** Nothing but late decisions and erasures follows an end. */
  | 'after-the-end'
  /** In the state it was in, this cannot happen to a request. */
  | 'not-in-this-state'
  /** Whoever did it may not: the requester decided, or somebody else did what is theirs. */
  | 'not-theirs'
  /** The requester changed it to another agent, oftener than may be, or once a run of it had begun. */
  | 'changed-unduly'
  | 'approved-twice'
  /** Approved was another plan than the one asked last. */
  | 'approved-another-plan'
  /** Approved after the time to decide, or expired before it. */
  | 'out-of-time'
  /** The approval says another count, or another number of approvals needed, than there are. */
  | 'miscounted'
  /** Something irreversible was approved without its tick. */
  | 'not-acknowledged'
  /** A run was ordered or let go with fewer approvals than the policy asks for, or with other people's. */
  | 'too-few-approvals'
  /** A run of another number than the one ordered last. */
  | 'another-run'
  /** A step was intended in a run before which nothing was looked at again. */
  | 'not-checked'
  /** A step was intended that is not planned, was under way, or whose turn it was not. */
  | 'out-of-turn'
  | 'result-without-intent'
  /** Success, although a step of the plan is not done or nothing is proved. */
  | 'not-proved';

/** What only the verifier looks for. */
export type VerifierFault =
  | LifeFault
  /** It is dated before the event before it, and is not the one that sets a clock right: only that may go back. */
  | 'time-went-back'
  /** A body has a field or a value that no event of this record has. */
  | 'body-unknown'
  /** There are more or fewer rows than the chain has events. */
  | 'rows-differ'
  /** Something that was in an older export is not there, or is another. */
  | 'export-differs'
  /** Something in an export that is neither an event nor a text, or stands where it should not. */
  | 'line-unreadable';

/** What can be wrong with a published log by itself. */
export type PublishedFault =
  /** A checkpoint is not a note that these keys signed, or is of a log of another name. */
  | 'checkpoint-not-signed'
  /** A checkpoint has another root than the events up to it make, or stands under another number. */
  | 'checkpoint-differs'
  /** A tile is not the one that the events make, or is not there. */
  | 'tile-differs';

/** What can be wrong with an evidence pack by itself. */
export type PackFault =
  /** A file is not the one that its own list of sums names: it was damaged, or is missing, or came later. */
  | 'file-damaged'
  /** The proof does not lead from the event to the root that was signed. */
  | 'proof-differs'
  /** The digest in an event is not that of its plan. */
  | 'plan-digest-differs'
  /** It is an event of another request. */
  | 'another-request'
  /** A view says something other than the events. */
  | 'view-differs';

export type RecordFault = RowFault | VerifierFault | PublishedFault | PackFault;
