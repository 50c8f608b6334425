/**
 * The record as a file that can be verified by itself: one JSON object a line.
 *
 * `header` first, with the place in the chain that the first event follows on; then every `event` word for word as stored,
 * each followed by its `text`s that were not erased, with their salts; `head` last, so that a file cut short shows: where the
 * record ended, also in an export of a part. Nothing else is in it, so two exports of the same record are the same bytes.
 */
import { z } from 'zod';
import { ChainLine, Link, RevealedText } from '../domain/record/chain.ts';
import { showBlanks } from '../domain/unseen.ts';

/**
 * Which requests an export is of, where it is not of all: events in between are missing. Null: by that nothing was chosen.
 * A program from before there were such exports takes none for an export at all.
 */
const ExportPart = z.strictObject({ request: z.string().nullable(), resource: z.string().nullable() });
export type ExportPart = z.infer<typeof ExportPart>;

const Header = z.strictObject({
  kind: z.literal('header'),
  format: z.literal('cmk-bot-audit'),
  version: z.literal(1),
  /** Sequence number 0 and a hash of noughts: from the beginning. */
  after: Link,
  /** Missing: everything behind that place. */
  part: ExportPart.optional(),
});

const Event = z.strictObject({ kind: z.literal('event'), ...ChainLine.shape });

const Text = z.strictObject({ kind: z.literal('text'), ...RevealedText.shape });

const Head = z.strictObject({ kind: z.literal('head'), ...Link.shape });

/** Any line of an export. */
export const ExportLine = z.discriminatedUnion('kind', [Header, Event, Text, Head]);
export type ExportLine = z.infer<typeof ExportLine>;

const line = (value: ExportLine): string => `${quietJson(value)}\n`;

export const headerLine = ({ seq, hash }: Link, part: ExportPart | null = null): string =>
  line({
    kind: 'header',
    format: 'cmk-bot-audit',
    version: 1,
    after: { seq, hash },
    ...(part === null ? {} : { part }),
  });

export const eventLine = ({ seq, request, revision, cause, n, body, prev, hash, sealKey, seal }: ChainLine): string =>
  line({ kind: 'event', seq, request, revision, cause, n, body, prev, hash, sealKey, seal });

export const textLine = ({ request, revision, field, salt, text }: RevealedText): string =>
  line({ kind: 'text', request, revision, field, salt, text });

export const headLine = ({ seq, hash }: Link): string => line({ kind: 'head', seq, hash });

type Known = Pick<ChainLine, 'seq' | 'hash'>;

const perPage = 4_096;
const hashBytes = 32;
const isHash = (hash: string): boolean => /^[0-9a-f]{64}$/.test(hash);

/** Hashes of neighbours in the chain, side by side: a million of them as text would take five times the memory. */
interface Page {
  readonly hashes: Buffer;
  /** 1 where a hash is known that was not asked for yet. */
  readonly known: Uint8Array;
}

/** What an older export, or a published log, knows of the record: all of it must still be there, unchanged. */
export class OlderExport {
  readonly #pages = new Map<number, Page>();
  /** What no chain has: it is compared as it stands. */
  readonly #odd = new Map<number, string>();
  #events = 0;
  #asked = 0;

  add({ seq, hash }: Known): void {
    if (this.#take(seq) === null) this.#events += 1;
    if (!Number.isSafeInteger(seq) || !isHash(hash)) {
      this.#odd.set(seq, hash);
      return;
    }
    const number = Math.floor(seq / perPage);
    const page = this.#pages.get(number) ?? {
      hashes: Buffer.alloc(perPage * hashBytes),
      known: new Uint8Array(perPage),
    };
    this.#pages.set(number, page);
    const at = seq - number * perPage;
    page.hashes.write(hash, at * hashBytes, 'hex');
    page.known[at] = 1;
  }

  get events(): number {
    return this.#events;
  }

  /** How many of its events were asked for. */
  get asked(): number {
    return this.#asked;
  }

  /** Null where it knows nothing of the line, or the same. Each line is asked for once. */
  against({ seq, hash }: Known): string | null {
    const known = this.#take(seq);
    if (known === null) return null;
    this.#asked += 1;
    return known === hash ? null : `hash: kept was ${known}, found ${hash}`;
  }

  /** The first and the last that were never asked for; null where there are none behind that place. */
  missing(after: number): { readonly first: number; readonly last: number } | null {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const seq of this.#left()) {
      if (seq <= after) continue;
      first = Math.min(first, seq);
      last = Math.max(last, seq);
    }
    return first > last ? null : { first, last };
  }

  /** What is known of the place, which is forgotten by that. */
  #take(seq: number): string | null {
    const odd = this.#odd.get(seq);
    if (this.#odd.delete(seq)) return odd ?? null;
    const number = Math.floor(seq / perPage);
    const page = this.#pages.get(number);
    const at = seq - number * perPage;
    if (page?.known[at] !== 1) return null;
    page.known[at] = 0;
    return page.hashes.toString('hex', at * hashBytes, (at + 1) * hashBytes);
  }

  *#left(): Generator<number> {
    yield* this.#odd.keys();
    for (const [number, { known }] of this.#pages) {
      for (let at = known.indexOf(1); at >= 0; at = known.indexOf(1, at + 1)) yield number * perPage + at;
    }
  }
}

/** Halves of pairs are told apart, so that what lies beyond the first plane is escaped as JSON has it. */
const escaped = (text: string): string =>
  Array.from({ length: text.length }, (_, n) => `\\u${text.charCodeAt(n).toString(16).padStart(4, '0')}`).join('');

/**
 * JSON that reads back as the same value, steers no terminal and hides nothing: what people and Azure wrote may hold escape
 * sequences, direction overrides and letters that nobody sees, of which JSON itself escapes the oldest alone.
 */
export const quietJson = (value: unknown, indent?: number): string =>
  showBlanks(JSON.stringify(value, null, indent).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped), escaped);
