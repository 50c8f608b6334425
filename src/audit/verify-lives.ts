/** Replays every request of a record, and compares with what is derived from it. */
import { z } from 'zod';
import type { ChainLine } from '../domain/record/chain.ts';
import type { Derived } from '../domain/record/derived.ts';
import type { RecordFault } from '../domain/record/faults.ts';
import type { EventBody } from '../domain/request/events.ts';
import { beginLife, type Ended, ended, type Life, live } from './life.ts';
import { judgeEvent } from './life-rules.ts';
import { parseBody } from './verify.ts';

// Whether a body is an event of this record and nothing else. What an event may hold is said once, by the record's own schema,
// which is given in: a second one would be a second thing to keep, and data says little that could be wrong in the same way
// twice. What it means is read here a second time (life-rules.ts). Around the event stand only the fields of its line.

/** Throws on what is not an event. */
export type StrictBodyReader = (body: unknown) => EventBody;

const digits = (count: number) => z.string().regex(new RegExp(`^[0-9a-f]{${count}}$`));

const Around = z.object({
  schema: z.literal(2),
  seq: z.number().int().min(1),
  request: z.string(),
  revision: z.number().int().min(1),
  cause: z.string(),
  n: z.number().int().min(0),
  time: z.iso.datetime(),
  prev: digits(64),
  commitments: z.array(z.strictObject({ field: z.string(), sha256: digits(64) })),
  /** Missing: written before there were seals. */
  sealKey: digits(16).optional(),
});

interface StrictBody {
  readonly event: EventBody;
  readonly time: string;
}

/** The event, or in words for a finding why it is none. */
export function readStrictly(read: StrictBodyReader, body: Readonly<Record<string, unknown>>): StrictBody | string {
  const around = Around.safeParse(body);
  if (!around.success) return reasonOf(around.error);
  try {
    const event = read(body);
    const unknown = Object.keys(body).filter((field) => !(field in event) && !(field in around.data));
    return unknown.length === 0 ? { event, time: around.data.time } : `fields that no event has: ${unknown.join(', ')}`;
  } catch (error) {
    return error instanceof z.ZodError ? reasonOf(error) : String(error);
  }
}

const reasonOf = ({ issues: [issue] }: z.ZodError): string => `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;

type Note = (seq: number, kind: RecordFault, detail: string) => void;

interface Followed {
  revision: number;
  /** Null where its beginning was not seen, or cannot be read. */
  life: Life | Ended | null;
  readonly resource: string;
}

/** A life that has not ended. */
const going = (life: Life | Ended | null): life is Life => life !== null && 'state' in life;

export class Lives {
  readonly #read: StrictBodyReader;
  readonly #note: Note;
  readonly #requests = new Map<string, Followed>();
  /** Names that come again and again, each kept once. */
  readonly #names = new Map<string, string>();
  /** The record is seen from its first line on. */
  readonly #whole: boolean;
  #time: string | null = null;

  constructor(read: StrictBodyReader, whole: boolean, note: Note) {
    this.#read = read;
    this.#whole = whole;
    this.#note = note;
  }

  /** How many requests were seen, and how many of them from their beginning. */
  get counts(): { readonly requests: number; readonly replayed: number } {
    const all = [...this.#requests.values()];
    return { requests: all.length, replayed: all.filter(({ life }) => life !== null).length };
  }

  /** `body`: the line's, where it was parsed already. */
  event(line: ChainLine, body: Readonly<Record<string, unknown>> | null = parseBody(line.body)): void {
    if (body === null) return;
    const strict = readStrictly(this.#read, body);
    if (typeof strict === 'string') {
      this.#note(line.seq, 'body-unknown', strict);
      this.#number(line, null);
      return;
    }
    this.#follows(line, strict.event, strict.time);
    this.#live(line, strict.event, strict.time);
  }

  /** Compares with what was derived when this was the last event. */
  compare({ seq, open, outbox, texts }: Derived): void {
    const held = new Map(open.map(({ resource, request }) => [resource, request]));
    for (const [request, { life, resource }] of this.#requests) {
      if (life === null) continue;
      const holds = held.get(resource) === request;
      if (holds !== going(life)) this.#note(seq, 'open-request-differs', `${request}: ${resource}`);
      if (holds) held.delete(resource);
    }
    for (const [resource, request] of held) {
      if (this.#requests.get(request)?.life === null) continue;
      this.#note(seq, 'open-request-differs', `${request}: ${resource}, by no event`);
    }
    for (const { request, kind, key } of outbox) {
      const known = this.#requests.get(request);
      const ordered = kind !== 'run' || known?.life == null || Number(key) <= known.life.runs;
      const called = kind !== 'call' || known === undefined || Number(key) <= known.revision;
      if (known === undefined || !ordered || !called) this.#note(seq, 'outbox-unknown', `${kind} ${key} of ${request}`);
    }
    for (const { request, revision, field } of texts) {
      this.#note(seq, 'text-unknown', `${field} of ${request} revision ${revision}: of no event`);
    }
  }

  /** Times go back in one event alone, and that one says from where. */
  #follows({ seq }: ChainLine, event: EventBody, time: string): void {
    const before = this.#time;
    this.#time = time;
    if (before === null || time >= before) return;
    if (event.type === 'clock-set-right' && event.data.ahead === before) return;
    this.#note(seq, 'time-went-back', `${event.type} at ${time}, after ${before}`);
  }

  #live(line: ChainLine, event: EventBody, time: string): void {
    const known = this.#requests.get(line.request);
    if (!this.#number(line, event)) return;
    if (known === undefined) {
      const began = this.#requests.get(line.request)?.life != null || !this.#whole;
      if (!began) this.#note(line.seq, 'begins-otherwise', `${line.request} begins with ${event.type}`);
      return;
    }
    if (known.life === null) return;
    const life = going(known.life) ? known.life : ended(known.life);
    const verdict = judgeEvent(life, event, time);
    if (verdict !== null) this.#note(line.seq, verdict[0], `${event.type} of ${line.request}: ${verdict[1]}`);
    live(life, event);
    const { state, requester, runs, seeks } = life;
    known.life = state === 'ended' ? { requester: this.#once(requester), runs, seeks } : life;
  }

  #once(name: string): string {
    const known = this.#names.get(name);
    if (known === undefined) this.#names.set(name, name);
    return known ?? name;
  }

  /** Whether its number is the next; where it is not, what follows is judged no further. */
  #number({ seq, request, revision }: ChainLine, event: EventBody | null): boolean {
    const known = this.#requests.get(request);
    if (known === undefined) {
      const life = event !== null && revision === 1 ? beginLife(event) : null;
      const resource = this.#once(event?.target?.toLowerCase() ?? '');
      this.#requests.set(request, { revision, life, resource });
      if (revision === 1 || !this.#whole) return true;
      this.#note(seq, 'revision-differs', `revision of ${request}: expected 1, found ${revision}`);
      return false;
    }
    const expected = known.revision + 1;
    known.revision = revision;
    if (event === null) known.life = null;
    if (revision === expected) return true;
    known.life = null;
    this.#note(seq, 'revision-differs', `revision of ${request}: expected ${expected}, found ${revision}`);
    return false;
  }
}
