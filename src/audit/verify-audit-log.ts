/** Verifies an audit log of any length, event by event: from an export, or in pages from the database. */
import type { ChainLine, Derived, Link, RevealedText } from '../domain/record/chain.ts';
import { isEnding } from '../domain/request/request.ts';
import type { BaselineExport, ExportPart } from './export-jsonl.ts';
import { type SealKeys, SealOrder, sealChecker } from './seals.ts';
import { type Finding, genesis, readLine, verifyLink, verifyTexts } from './verify.ts';

export type AuditLogReport = ReturnType<AuditLogVerifier['end']>;

export interface VerifyOptions {
  /** Null: seals are not checked. */
  readonly keys: SealKeys | null;
  readonly derived?: Derived;
  readonly older?: BaselineExport;
  /** For a published log, which has no texts and seals. */
  readonly bodiesOnly?: true;
  readonly part?: ExportPart;
}

type Note = (seq: number, kind: Finding['kind'], detail: string) => void;

/** What the events say of a request, or of the drifts of an agent, for the data that the database derives. */
interface Stream {
  revision: number;
  runs: number;
  /** The resource that it holds; null: none, or no longer. */
  held: string | null;
}

/** Follows the numbers of each request's events, and compares the result with the derived data. */
class Streams {
  readonly #streams = new Map<string, Stream>();
  readonly #whole: boolean;
  readonly #note: Note;

  constructor(whole: boolean, note: Note) {
    this.#whole = whole;
    this.#note = note;
  }

  event({ seq, request, revision }: ChainLine, { type, target }: Readonly<Record<string, unknown>>): void {
    const known = this.#streams.get(request) ?? { revision: this.#whole ? 0 : revision - 1, runs: 0, held: null };
    const expected = known.revision + 1;
    if (revision !== expected)
      this.#note(seq, 'revision-differs', `revision of ${request}: expected ${expected}, found ${revision}`);
    const begins = type === 'submitted';
    this.#streams.set(request, {
      revision,
      runs: known.runs + (type === 'run-ordered' ? 1 : 0),
      held: begins ? String(target).toLowerCase() : isEnding(String(type)) ? null : known.held,
    });
  }

  compare({ seq, open, jobs, texts }: Derived): void {
    const held = new Map(open.map(({ resource, request }) => [request, resource]));
    for (const [request, { held: resource }] of this.#streams) {
      const row = held.get(request) ?? null;
      if (row !== resource) this.#note(seq, 'open-request-differs', `${request}: ${row ?? resource}`);
      held.delete(request);
    }
    for (const [request, resource] of held)
      this.#note(seq, 'open-request-differs', `${request}: ${resource}, by no event`);
    for (const { request, kind, key } of jobs) {
      const known = this.#streams.get(request);
      const most = kind === 'run' ? known?.runs : kind === 'call' || kind === 'alert' ? known?.revision : undefined;
      if (known === undefined || (most !== undefined && Number(key) > most))
        this.#note(seq, 'job-unknown', `${kind} ${key} of ${request}`);
    }
    for (const { request, revision, field } of texts)
      this.#note(seq, 'text-unknown', `${field} of ${request} revision ${revision}: of no event`);
  }
}

interface Missing {
  readonly seq: number;
  readonly count: number;
}

/** Verifies event by event, each followed by its texts, and returns a report at the end. */
export class AuditLogVerifier {
  readonly #options: VerifyOptions;
  readonly #after: Link;
  readonly #streams: Streams;
  readonly #order = new SealOrder();
  readonly #sealFault: ReturnType<typeof sealChecker> | null;
  readonly #older: number | null;
  #derived: Derived | null;
  readonly #findings: Finding[] = [];
  readonly #missing = new Map<string, readonly Missing[]>();
  last: Link;
  #line: ChainLine | null = null;
  /** Of the latest event; empty: unreadable, or counted. */
  #body: Readonly<Record<string, unknown>> = {};
  #events = 0;
  #texts = 0;
  #fields = new Set<string>();
  #erased = 0;

  constructor(options: VerifyOptions, after: Link = { seq: 0, hash: genesis }) {
    this.#options = options;
    this.#after = after;
    this.last = after;
    this.#sealFault = options.keys === null ? null : sealChecker(options.keys);
    this.#derived = options.derived ?? null;
    this.#older = options.older?.events ?? null;
    this.#streams = new Streams(after.seq === 0, (seq, kind, detail) => {
      this.#findings.push({ seq, kind, detail });
    });
  }

  event(line: ChainLine): void {
    this.#countMissing();
    if (this.#derived !== null && line.seq > this.#derived.seq) this.#compareDerived(this.#derived);
    const { body, findings } = readLine(line);
    this.#findings.push(...this.#link(line), ...findings);
    this.last = line;
    this.#line = line;
    // An unreadable body has no fields, and is a finding of its own.
    this.#body = body ?? {};
    this.#seal(line);
    const otherwise = this.#options.older?.differenceFrom(line) ?? null;
    if (otherwise !== null) this.note('export-differs', otherwise);
    this.#streams.event(line, this.#body);
    this.#events += 1;
    this.#fields = new Set();
    if (this.#body.type === 'texts-erased') this.#countErased(String(this.#body.request));
  }

  text(text: RevealedText): void {
    this.#findings.push(...verifyTexts(this.#line === null ? [] : [this.#line], [text]));
    this.#texts += 1;
    if (this.#fields.has(text.field)) this.note('line-unreadable', `${text.field} of ${text.request} is there twice`);
    this.#fields.add(text.field);
  }

  note(kind: Finding['kind'], detail: string): void {
    this.#findings.push({ seq: this.last.seq, kind, detail });
  }

  end(head: Link) {
    this.#countMissing();
    this.#body = {};
    if (this.#derived !== null) this.#compareDerived(this.#derived);
    for (const [request, missing] of this.#missing) {
      for (const { seq, count } of missing) {
        this.#findings.push({ seq, kind: 'text-missing', detail: `${count} of ${request}` });
      }
    }
    const { seq, hash } = this.last;
    this.#compareHead(head);
    const part = this.#options.part ?? null;
    const missing = part === null ? (this.#options.older?.missing(this.#after.seq) ?? null) : null;
    if (missing !== null) {
      this.note('export-differs', `events ${missing.first} to ${missing.last} were kept: not all of them are there`);
    }
    return {
      /** `checked`: recomputed with the key. False: only their presence was checked. */
      seals: { ...this.#order.count, checked: this.#sealFault !== null },
      bodiesOnly: this.#options.bodiesOnly ?? false,
      /** Number of events in the baseline; for a partial export, only its own. Null: no baseline. */
      compared: this.#older === null || part === null ? this.#older : (this.#options.older?.compared ?? 0),
      /** Requests of a partial export; null: all. */
      part,
      /** Chain position before the first event. Earlier events weren't checked. */
      after: this.#after,
      last: { seq, hash },
      events: this.#events,
      texts: this.#texts,
      erased: this.#erased,
      findings: this.#findings,
    };
  }

  #link(line: ChainLine): readonly Finding[] {
    const apart = this.#options.part !== undefined && line.seq > this.last.seq + 1;
    return apart ? [] : verifyLink(this.last, line);
  }

  /** A partial export can end before the audit log does. */
  #compareHead(head: Link): void {
    const { seq, hash } = this.last;
    if (this.#options.part !== undefined && head.seq > seq) return;
    if (head.seq !== seq) this.note('head-differs', `last seq: expected ${head.seq}, found ${seq}`);
    else if (head.hash !== hash) this.note('head-differs', `last hash: expected ${head.hash}, found ${hash}`);
    const least = this.#options.keys?.findLast(({ until }) => until !== null)?.until?.seq ?? 0;
    // An older export can end before.
    if (this.#options.derived !== undefined && seq < least)
      this.note('head-differs', `last seq: at least ${least}, as the seal key’s file says, found ${seq}`);
  }

  #seal(line: ChainLine): void {
    if (this.#options.bodiesOnly) return;
    const { sealKey } = this.#body;
    const order = this.#order.next(line, sealKey);
    const fault = order ?? this.#sealFault?.(line, sealKey) ?? null;
    if (fault !== null) this.note(fault.fault, fault.detail);
  }

  #compareDerived(derived: Derived): void {
    this.#derived = null;
    if (derived.rows !== derived.seq) {
      this.note('rows-differ', `rows of events: expected ${derived.seq}, found ${derived.rows}`);
    }
    this.#streams.compare(derived);
  }

  #countMissing(): void {
    const { commitments } = this.#body;
    const count = (Array.isArray(commitments) ? commitments.length : 0) - this.#fields.size;
    if (count <= 0 || this.#options.bodiesOnly) return;
    const request = String(this.#body.request);
    this.#missing.set(request, [...(this.#missing.get(request) ?? []), { seq: this.last.seq, count }]);
  }

  #countErased(request: string): void {
    for (const { count } of this.#missing.get(request) ?? []) this.#erased += count;
    this.#missing.delete(request);
  }
}
