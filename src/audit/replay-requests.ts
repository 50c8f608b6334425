/** Replays all requests of an audit log, and compares the result with the derived data. */
import { z } from 'zod';
import { DriftId, driftIdOf } from '../domain/ids.ts';
import type { ChainLine, Derived } from '../domain/record/chain.ts';
import type { RecordFault } from '../domain/record/faults.ts';
import type { EventBody } from '../domain/request/events.ts';
import { isDriftEvent } from '../domain/watch/state.ts';
import { judgeEvent } from './replay-rules.ts';
import { applyEvent, type ReplayState, startReplay } from './replay-state.ts';
import { hashOf, parseBody } from './verify.ts';

// Strict parsing of event bodies. The schema of the audit log itself is passed in: a copy would be a second thing to maintain,
// and would hardly detect errors in the first. The meaning of events is checked independently (replay-rules.ts). Besides the
// event, only the fields of its chain entry are allowed.

/** Parses an event. Throws if it's invalid. */
export type StrictBodyReader = (body: unknown) => EventBody;

const digits = (count: number) => z.string().regex(new RegExp(`^[0-9a-f]{${count}}$`));

const EntryFields = z.object({
  schema: z.literal(1),
  seq: z.number().int().min(1),
  request: z.string(),
  revision: z.number().int().min(1),
  cause: z.string(),
  n: z.number().int().min(0),
  time: z.iso.datetime(),
  prev: digits(64),
  commitments: z.array(z.strictObject({ field: z.string(), sha256: digits(64) })),
  sealKey: digits(16),
});

interface StrictBody {
  readonly event: EventBody;
  readonly time: string;
}

/** Parses an event strictly, or returns the reason in words for a finding. */
export function readStrictly(read: StrictBodyReader, body: Readonly<Record<string, unknown>>): StrictBody | string {
  const fields = EntryFields.safeParse(body);
  if (!fields.success) return reasonOf(fields.error);
  try {
    const event = read(body);
    const unknown = Object.keys(body).filter((field) => !(field in event) && !(field in fields.data));
    return unknown.length === 0 ? { event, time: fields.data.time } : `fields that no event has: ${unknown.join(', ')}`;
  } catch (error) {
    return error instanceof z.ZodError ? reasonOf(error) : String(error);
  }
}

const reasonOf = ({ issues: [issue] }: z.ZodError): string => `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;

type Note = (seq: number, kind: RecordFault, detail: string) => void;

interface ReplayedDrift {
  revision: number;
  /** Null: its beginning wasn't seen. */
  open: boolean | null;
}

const streamOf = (target: string | null): string => driftIdOf(hashOf((target ?? '').toLowerCase()));

/** Replays the drifts of agents. The events in an agent's stream open, change and close one drift at a time. */
class DriftReplay {
  readonly #note: Note;
  /** The record is seen from its first line on. */
  readonly #whole: boolean;
  readonly #streams = new Map<string, ReplayedDrift>();

  constructor(whole: boolean, note: Note) {
    this.#whole = whole;
    this.#note = note;
  }

  event({ seq, request, revision }: ChainLine, { type, target, actor }: EventBody): void {
    const known = this.#streams.get(request) ?? { revision: 0, open: this.#whole || revision === 1 ? false : null };
    const expected = known.open === null && known.revision === 0 ? revision : known.revision + 1;
    const isErasure = type === 'texts-erased';
    this.#streams.set(request, { revision, open: isErasure ? known.open : type !== 'drift-closed' });
    if (revision !== expected) {
      this.#note(seq, 'revision-differs', `revision of ${request}: expected ${expected}, found ${revision}`);
    }
    if (request !== streamOf(target)) this.#note(seq, 'begins-otherwise', `${request} is not of ${target}`);
    if (actor.kind !== (isErasure ? 'operator' : 'bot'))
      this.#note(seq, 'not-theirs', `${type} of ${request}: by ${actor.kind}`);
    if (isErasure || known.open === null || known.open === (type !== 'drift-opened')) return;
    this.#note(seq, 'not-in-this-state', `${type} of ${request}: ${known.open ? 'one is open' : 'none is open'}`);
  }

  has(stream: string, kind: string, key: string): boolean {
    const known = this.#streams.get(stream);
    return known !== undefined && kind === 'alert' && Number(key) <= known.revision;
  }
}

interface ReplayedRequest {
  revision: number;
  /** Null: its beginning is missing or unreadable. */
  replay: ReplayState | null;
  readonly resource: string;
}

export class RequestReplay {
  readonly #read: StrictBodyReader;
  readonly #note: Note;
  readonly #drifts: DriftReplay;
  readonly #requests = new Map<string, ReplayedRequest>();
  /** The audit log is read from its first event. */
  readonly #whole: boolean;
  #time: string | null = null;

  constructor(read: StrictBodyReader, whole: boolean, note: Note) {
    this.#read = read;
    this.#whole = whole;
    this.#note = note;
    this.#drifts = new DriftReplay(whole, note);
  }

  /** Returns the number of requests, and of those replayed from their beginning. */
  get counts(): { readonly requests: number; readonly replayed: number } {
    const all = [...this.#requests.values()];
    return { requests: all.length, replayed: all.filter(({ replay }) => replay !== null).length };
  }

  /** `body`: the event's body, if it's already parsed. */
  event(line: ChainLine, body: Readonly<Record<string, unknown>> | null = parseBody(line.body)): void {
    if (body === null) return;
    const strict = readStrictly(this.#read, body);
    if (typeof strict === 'string') {
      this.#note(line.seq, 'body-unknown', strict);
      this.#checkRevision(line, null);
      return;
    }
    this.#checkTime(line, strict.event, strict.time);
    const isDrift = isDriftEvent(strict.event.type) || DriftId.safeParse(line.request).success;
    if (isDrift) this.#drifts.event(line, strict.event);
    else this.#applyEvent(line, strict.event, strict.time);
  }

  /** Compares the replay with the derived data at this event. */
  compare({ seq, open, outbox, texts }: Derived): void {
    const held = new Map(open.map(({ resource, request }) => [resource, request]));
    for (const [request, { replay, resource }] of this.#requests) {
      if (replay === null) continue;
      const holds = held.get(resource) === request;
      if (holds !== (replay.state !== 'ended')) this.#note(seq, 'open-request-differs', `${request}: ${resource}`);
      if (holds) held.delete(resource);
    }
    for (const [resource, request] of held) {
      if (this.#requests.get(request)?.replay === null) continue;
      this.#note(seq, 'open-request-differs', `${request}: ${resource}, by no event`);
    }
    for (const { request, kind, key } of outbox) {
      if (this.#drifts.has(request, kind, key)) continue;
      const known = this.#requests.get(request);
      const ordered = kind !== 'run' || known?.replay == null || Number(key) <= known.replay.runs;
      const called = kind !== 'call' || known === undefined || Number(key) <= known.revision;
      if (known === undefined || !ordered || !called) this.#note(seq, 'outbox-unknown', `${kind} ${key} of ${request}`);
    }
    for (const { request, revision, field } of texts) {
      this.#note(seq, 'text-unknown', `${field} of ${request} revision ${revision}: of no event`);
    }
  }

  /** Times can only go back in a `clock-set-right` event, which names the earlier time. */
  #checkTime({ seq }: ChainLine, event: EventBody, time: string): void {
    const before = this.#time;
    this.#time = time;
    if (before === null || time >= before) return;
    if (event.type === 'clock-set-right' && event.data.ahead === before) return;
    this.#note(seq, 'time-went-back', `${event.type} at ${time}, after ${before}`);
  }

  #applyEvent(line: ChainLine, event: EventBody, time: string): void {
    const known = this.#requests.get(line.request);
    if (!this.#checkRevision(line, event)) return;
    if (known === undefined) {
      const began = this.#requests.get(line.request)?.replay != null || !this.#whole;
      if (!began) this.#note(line.seq, 'begins-otherwise', `${line.request} begins with ${event.type}`);
      return;
    }
    if (known.replay === null) return;
    const verdict = judgeEvent(known.replay, event, time);
    if (verdict !== null) this.#note(line.seq, verdict[0], `${event.type} of ${line.request}: ${verdict[1]}`);
    applyEvent(known.replay, event);
  }

  /** Returns whether the revision is the next one. Otherwise, the request isn't replayed any further. */
  #checkRevision({ seq, request, revision }: ChainLine, event: EventBody | null): boolean {
    const known = this.#requests.get(request);
    if (known === undefined) {
      const replay = event !== null && revision === 1 ? startReplay(event) : null;
      const resource = event?.target?.toLowerCase() ?? '';
      this.#requests.set(request, { revision, replay, resource });
      if (revision === 1 || !this.#whole) return true;
      this.#note(seq, 'revision-differs', `revision of ${request}: expected 1, found ${revision}`);
      return false;
    }
    const expected = known.revision + 1;
    known.revision = revision;
    if (event === null) known.replay = null;
    if (revision === expected) return true;
    known.replay = null;
    this.#note(seq, 'revision-differs', `revision of ${request}: expected ${expected}, found ${revision}`);
    return false;
  }
}
