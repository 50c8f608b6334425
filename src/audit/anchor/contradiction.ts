/** How a published log and the audit log can contradict each other. */

type ContradictionKind =
  | 'not-this-log'
  /** More events were published than the audit log has: its end was cut off, or it was replaced with an older copy. */
  | 'record-shorter'
  | 'record-differs';

export type ForeignReason =
  | 'other-log'
  /** It names this log, but no key of this log signed it. */
  | 'other-key'
  /** A key of this log signed another text. */
  | 'changed'
  | 'unreadable';

/** The published log and the audit log contradict each other. One of them was altered, so nothing more is published. */
export class AnchorContradicts extends Error {
  override readonly name = 'AnchorContradicts';
  readonly kind: ContradictionKind;
  /** Number of published events; null: unreadable. */
  readonly published: number | null;
  /** Number of events in the audit log, as far as it was read. */
  readonly recorded: number;
  /** Only for `not-this-log`. */
  readonly reason: ForeignReason | null;

  constructor(
    kind: ContradictionKind,
    published: number | null,
    recorded: number,
    reason: ForeignReason | null = null,
  ) {
    super(
      `the published log contradicts the audit log: ${kind}, published ${published ?? 'unknown'}, recorded ${recorded}`,
    );
    this.kind = kind;
    this.published = published;
    this.recorded = recorded;
    this.reason = reason;
  }
}
