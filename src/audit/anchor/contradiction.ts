/** What was published and the record do not agree. Both cannot be what was written: nothing is published on top of it. */

export type ContradictionKind =
  /** The newest checkpoint is not signed with a key of this log, or is of a log of another name. */
  | 'not-this-log'
  /** More events were published than the record has: its end was cut off, or an older copy was put in its place. */
  | 'record-shorter'
  /** Events were published that are not those of the record. */
  | 'record-differs';

/** Why a checkpoint is not this log's. */
export type ForeignReason =
  /** It names another log. */
  | 'other-log'
  /** It names this log, and no key of this log has signed it. */
  | 'other-key'
  /** A key of this log has signed another text. */
  | 'changed'
  /** It isn't a signed checkpoint. */
  | 'unreadable';

export class AnchorContradicts extends Error {
  override readonly name = 'AnchorContradicts';
  readonly kind: ContradictionKind;
  /** How many events were published; null where it could not be read. */
  readonly published: number | null;
  /** How many the record has, as far as it was read. */
  readonly recorded: number;
  /** Only of `not-this-log`. */
  readonly reason: ForeignReason | null;

  constructor(
    kind: ContradictionKind,
    published: number | null,
    recorded: number,
    reason: ForeignReason | null = null,
  ) {
    super(
      `the published log contradicts the record: ${kind}, published ${published ?? 'unknown'}, recorded ${recorded}`,
    );
    this.kind = kind;
    this.published = published;
    this.recorded = recorded;
    this.reason = reason;
  }
}
