/** Verifies a record that comes line by line, however long it is: an export, or a store read in pages. */
import {
  type Finding,
  genesis,
  type Line,
  type Link,
  type RevealedText,
  verifyLine,
  verifyLink,
  verifyTexts,
} from './verify.ts';

export interface RecordReport {
  /** The place in the chain before the first event: what was not looked at. */
  readonly after: Link;
  readonly last: Link;
  readonly events: number;
  /** Texts that are there and are what the record commits to, or were found not to be. */
  readonly texts: number;
  /** Texts the record commits to that are no longer there. */
  readonly erased: number;
  readonly findings: readonly Finding[];
}

/** How many commitments a body holds; none where it cannot be read, which is a finding of its own. */
function commitmentsIn(body: string): number {
  try {
    const value = JSON.parse(body) as { readonly commitments?: unknown };
    return Array.isArray(value.commitments) ? value.commitments.length : 0;
  } catch {
    return 0;
  }
}

/** Takes a record event by event, each with its texts, and tells in the end what was found. */
export class RecordVerifier {
  readonly #after: Link;
  readonly #findings: Finding[] = [];
  #last: Link;
  #line: Line | null = null;
  #events = 0;
  #texts = 0;
  #commitments = 0;

  constructor(after: Link = { seq: 0, hash: genesis }) {
    this.#after = after;
    this.#last = after;
  }

  /** The place of the event given last. */
  get last(): Link {
    return this.#last;
  }

  event(line: Line): void {
    this.#findings.push(...verifyLink(this.#last, line), ...verifyLine(line));
    this.#last = line;
    this.#line = line;
    this.#events += 1;
    this.#commitments += commitmentsIn(line.body);
  }

  /** A text of the event given last. */
  text(text: RevealedText): void {
    this.#findings.push(...verifyTexts(this.#line === null ? [] : [this.#line], [text]));
    this.#texts += 1;
  }

  /** Something that was found outside the chain's own arithmetic. */
  note(kind: Finding['kind'], detail: string): void {
    this.#findings.push({ seq: this.#last.seq, kind, detail });
  }

  /** Ends at the head, as whoever keeps it tells. */
  end(head: Link): RecordReport {
    const { seq, hash } = this.#last;
    if (head.seq !== seq) this.note('head-differs', `last seq: expected ${head.seq}, found ${seq}`);
    else if (head.hash !== hash) this.note('head-differs', `last hash: expected ${head.hash}, found ${hash}`);
    return {
      after: this.#after,
      last: { seq, hash },
      events: this.#events,
      texts: this.#texts,
      erased: Math.max(0, this.#commitments - this.#texts),
      findings: this.#findings,
    };
  }
}
