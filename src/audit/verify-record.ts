/** Verifies a record that comes line by line, however long it is: an export, or a store read in pages. */
import type { Link, RevealedText } from '../domain/record/chain.ts';
import { type Finding, genesis, type Line, verifyLine, verifyLink, verifyTexts } from './verify.ts';

export interface RecordReport {
  /** The place in the chain before the first event: what was not looked at. */
  readonly after: Link;
  readonly last: Link;
  readonly events: number;
  /** Texts that are there and are what the record commits to, or were found not to be. */
  readonly texts: number;
  /** Texts that are no longer there, as an event says. */
  readonly erased: number;
  readonly findings: readonly Finding[];
}

interface Told {
  readonly type: string | null;
  readonly request: string;
  /** How many texts the event commits to. */
  readonly commitments: number;
}

const nothing: Told = { type: null, request: '', commitments: 0 };

/** A body that cannot be read tells nothing, and is a finding of its own. */
function toldBy(body: string): Told {
  try {
    const value = JSON.parse(body) as { readonly [key: string]: unknown } | null;
    const commitments = Array.isArray(value?.commitments) ? value.commitments.length : 0;
    return { type: String(value?.type), request: String(value?.request), commitments };
  } catch {
    return nothing;
  }
}

/** Texts of one event that are not there. */
interface Missing {
  readonly seq: number;
  readonly count: number;
}

/** Takes a record event by event, each with its texts, and tells in the end what was found. */
export class RecordVerifier {
  readonly #after: Link;
  readonly #findings: Finding[] = [];
  /** By request, until an event says that they were erased. */
  readonly #missing = new Map<string, readonly Missing[]>();
  #last: Link;
  #line: Line | null = null;
  #told = nothing;
  #events = 0;
  #texts = 0;
  #fields = new Set<string>();
  #erased = 0;

  constructor(after: Link = { seq: 0, hash: genesis }) {
    this.#after = after;
    this.#last = after;
  }

  /** The place of the event given last. */
  get last(): Link {
    return this.#last;
  }

  event(line: Line): void {
    this.#countMissing();
    this.#findings.push(...verifyLink(this.#last, line), ...verifyLine(line));
    this.#last = line;
    this.#line = line;
    this.#told = toldBy(line.body);
    this.#events += 1;
    this.#fields = new Set();
    if (this.#told.type === 'texts-erased') this.#countErased(this.#told.request);
  }

  /** A text of the event given last. */
  text(text: RevealedText): void {
    this.#findings.push(...verifyTexts(this.#line === null ? [] : [this.#line], [text]));
    this.#texts += 1;
    if (this.#fields.has(text.field)) this.note('line-unreadable', `${text.field} of ${text.request} is there twice`);
    this.#fields.add(text.field);
  }

  /** Something that was found outside the chain's own arithmetic. */
  note(kind: Finding['kind'], detail: string): void {
    this.#findings.push({ seq: this.#last.seq, kind, detail });
  }

  /** Ends at the head, as whoever keeps it tells. */
  end(head: Link): RecordReport {
    this.#countMissing();
    this.#told = nothing;
    for (const [request, missing] of this.#missing) {
      for (const { seq, count } of missing) {
        this.#findings.push({ seq, kind: 'text-missing', detail: `${count} of ${request}` });
      }
    }
    const { seq, hash } = this.#last;
    if (head.seq !== seq) this.note('head-differs', `last seq: expected ${head.seq}, found ${seq}`);
    else if (head.hash !== hash) this.note('head-differs', `last hash: expected ${head.hash}, found ${hash}`);
    return {
      after: this.#after,
      last: { seq, hash },
      events: this.#events,
      texts: this.#texts,
      erased: this.#erased,
      findings: this.#findings,
    };
  }

  #countMissing(): void {
    const { request, commitments } = this.#told;
    const count = commitments - this.#fields.size;
    if (count <= 0) return;
    this.#missing.set(request, [...(this.#missing.get(request) ?? []), { seq: this.#last.seq, count }]);
  }

  #countErased(request: string): void {
    for (const { count } of this.#missing.get(request) ?? []) this.#erased += count;
    this.#missing.delete(request);
  }
}
