/** Verifies an audit log of any length, event by event: from an export, or in pages from the database. */
import type { ChainLine, Derived, Link, RevealedText } from '../domain/record/chain.ts';
import { isEnding } from '../domain/request/request.ts';
import type { BaselineExport, ExportPart } from './export-jsonl.ts';
import { type SealKeys, SealOrder, sealChecker } from './seals.ts';
import { type Finding, genesis, readLine, verifyLink, verifyTexts } from './verify.ts';

export type AuditLogReport = ReturnType<ReturnType<typeof openAuditLogVerifier>['end']>;

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
function openStreams(whole: boolean, note: Note) {
  const streams = new Map<string, Stream>();

  function event({ seq, request, revision }: ChainLine, { type, target }: Readonly<Record<string, unknown>>): void {
    const known = streams.get(request) ?? { revision: whole ? 0 : revision - 1, runs: 0, held: null };
    const expected = known.revision + 1;
    if (revision !== expected)
      note(seq, 'revision-differs', `revision of ${request}: expected ${expected}, found ${revision}`);
    const begins = type === 'submitted';
    streams.set(request, {
      revision,
      runs: known.runs + (type === 'run-ordered' ? 1 : 0),
      held: begins ? String(target).toLowerCase() : isEnding(String(type)) ? null : known.held,
    });
  }

  function compare({ seq, open, jobs, texts }: Derived): void {
    const held = new Map(open.map(({ resource, request }) => [request, resource]));
    for (const [request, { held: resource }] of streams) {
      const row = held.get(request) ?? null;
      if (row !== resource) note(seq, 'open-request-differs', `${request}: ${row ?? resource}`);
      held.delete(request);
    }
    for (const [request, resource] of held) note(seq, 'open-request-differs', `${request}: ${resource}, by no event`);
    for (const { request, kind, key } of jobs) {
      const known = streams.get(request);
      const most = kind === 'run' ? known?.runs : kind === 'call' || kind === 'alert' ? known?.revision : undefined;
      if (known === undefined || (most !== undefined && Number(key) > most))
        note(seq, 'job-unknown', `${kind} ${key} of ${request}`);
    }
    for (const { request, revision, field } of texts)
      note(seq, 'text-unknown', `${field} of ${request} revision ${revision}: of no event`);
  }

  return { event, compare };
}

interface Missing {
  readonly seq: number;
  readonly count: number;
}

/** Verifies event by event, each followed by its texts, and returns a report at the end. */
export function openAuditLogVerifier(options: VerifyOptions, after: Link = { seq: 0, hash: genesis }) {
  const { older, part = null, keys, bodiesOnly = false } = options;
  const findings: Finding[] = [];
  const streams = openStreams(after.seq === 0, (seq, kind, detail) => findings.push({ seq, kind, detail }));
  const order = new SealOrder();
  const sealFault = keys === null ? null : sealChecker(keys);
  const olderEvents = older?.events ?? null;
  const lacking = new Map<string, readonly Missing[]>();
  let derived = options.derived ?? null;
  let last = after;
  let latest: ChainLine | null = null;
  /** Of the latest event; empty: unreadable, or counted. */
  let body: Readonly<Record<string, unknown>> = {};
  let events = 0;
  let texts = 0;
  let erased = 0;
  let fields = new Set<string>();

  function note(kind: Finding['kind'], detail: string): void {
    findings.push({ seq: last.seq, kind, detail });
  }

  function event(line: ChainLine): void {
    countMissing();
    if (line.seq > (derived?.seq ?? line.seq)) compareDerived();
    const read = readLine(line);
    const isApart = part !== null && line.seq > last.seq + 1;
    findings.push(...(isApart ? [] : verifyLink(last, line)), ...read.findings);
    last = line;
    latest = line;
    // An unreadable body has no fields, and is a finding of its own.
    body = read.body ?? {};
    verifySeal(line);
    const otherwise = older?.differenceFrom(line) ?? null;
    if (otherwise !== null) note('export-differs', otherwise);
    streams.event(line, body);
    events += 1;
    fields = new Set();
    if (body.type === 'texts-erased') countErased(String(body.request));
  }

  function text(one: RevealedText): void {
    findings.push(...verifyTexts(latest === null ? [] : [latest], [one]));
    texts += 1;
    if (fields.has(one.field)) note('line-unreadable', `${one.field} of ${one.request} is there twice`);
    fields.add(one.field);
  }

  /** `head`: the end of the audit log; missing: the last event. */
  function end(head: Link = last) {
    countMissing();
    body = {};
    compareDerived();
    for (const [request, all] of lacking)
      for (const { seq, count } of all) findings.push({ seq, kind: 'text-missing', detail: `${count} of ${request}` });
    const { seq, hash } = last;
    compareHead(head);
    const missing = part === null ? (older?.missing(after.seq) ?? null) : null;
    if (missing !== null) {
      note('export-differs', `events ${missing.first} to ${missing.last} were kept: not all of them are there`);
    }
    return {
      /** `checked`: recomputed with the key. False: only their presence was checked. */
      seals: { ...order.count, checked: sealFault !== null },
      bodiesOnly,
      /** Number of events in the baseline; for a partial export, only its own. Null: no baseline. */
      compared: olderEvents === null || part === null ? olderEvents : (older?.compared ?? 0),
      /** Requests of a partial export; null: all. */
      part,
      /** Chain position before the first event. Earlier events weren't checked. */
      after,
      last: { seq, hash },
      events,
      texts,
      erased,
      findings,
    };
  }

  /** A partial export can end before the audit log does. */
  function compareHead(head: Link): void {
    const { seq, hash } = last;
    if (part !== null && head.seq > seq) return;
    if (head.seq !== seq) note('head-differs', `last seq: expected ${head.seq}, found ${seq}`);
    else if (head.hash !== hash) note('head-differs', `last hash: expected ${head.hash}, found ${hash}`);
    const least = keys?.findLast(({ until }) => until !== null)?.until?.seq ?? 0;
    // An older export can end before.
    if (options.derived !== undefined && seq < least)
      note('head-differs', `last seq: at least ${least}, as the seal key’s file says, found ${seq}`);
  }

  function verifySeal(line: ChainLine): void {
    if (bodiesOnly) return;
    const { sealKey } = body;
    const fault = order.next(line, sealKey) ?? sealFault?.(line, sealKey) ?? null;
    if (fault !== null) note(fault.fault, fault.detail);
  }

  function compareDerived(): void {
    if (derived === null) return;
    const { rows, seq } = derived;
    if (rows !== seq) note('rows-differ', `rows of events: expected ${seq}, found ${rows}`);
    streams.compare(derived);
    derived = null;
  }

  function countMissing(): void {
    const { commitments } = body;
    const count = (Array.isArray(commitments) ? commitments.length : 0) - fields.size;
    if (count <= 0 || bodiesOnly) return;
    const request = String(body.request);
    lacking.set(request, [...(lacking.get(request) ?? []), { seq: last.seq, count }]);
  }

  function countErased(request: string): void {
    for (const { count } of lacking.get(request) ?? []) erased += count;
    lacking.delete(request);
  }

  return { event, text, note, end };
}
