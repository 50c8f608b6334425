/**
 * JSONL export of the audit log, verifiable on its own: one JSON object per line.
 * First line: `header`, with the chain position that the first event follows. Then each stored `event` unchanged, followed by
 * its `text`s that weren't erased, with their salts. Last line: `head`, the end of the audit log, also in partial exports, so
 * that a truncated file is detected. Two exports of the same audit log are identical bytes.
 */
import { z } from 'zod';
import { ChainLine, Link, RevealedText } from '../domain/record/chain.ts';
import { revealInvisible } from '../domain/strings.ts';

/** Requests of a partial export: events in between are missing. Null: not filtered by that. */
const ExportPart = z.strictObject({ request: z.string().nullable(), resource: z.string().nullable() });
export type ExportPart = z.infer<typeof ExportPart>;

const Header = z.strictObject({
  kind: z.literal('header'),
  format: z.literal('cmk-bot-audit'),
  version: z.literal(1),
  /** Sequence number 0 and a hash of zeros: from the beginning. */
  after: Link,
  /** Missing: everything after that position. */
  part: ExportPart.optional(),
});

const Event = z.strictObject({ kind: z.literal('event'), ...ChainLine.shape });

const Text = z.strictObject({ kind: z.literal('text'), ...RevealedText.shape });

const Head = z.strictObject({ kind: z.literal('head'), ...Link.shape });

export const ExportLine = z.discriminatedUnion('kind', [Header, Event, Text, Head]);
export type ExportLine = z.infer<typeof ExportLine>;

const line = (value: ExportLine): string => `${safeJson(value)}\n`;

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

/** Baseline of an older export or a published log: all its events must still exist unchanged. */
export class BaselineExport {
  readonly #left = new Map<number, string>();
  events = 0;
  compared = 0;

  add({ seq, hash }: Known): void {
    if (!this.#left.has(seq)) this.events += 1;
    this.#left.set(seq, hash);
  }

  /** Returns the difference; null: unknown or equal. Each event can be compared once. */
  differenceFrom({ seq, hash }: Known): string | null {
    const known = this.#left.get(seq);
    if (known === undefined) return null;
    this.#left.delete(seq);
    this.compared += 1;
    return known === hash ? null : `hash: kept was ${known}, found ${hash}`;
  }

  missing(after: number): { readonly first: number; readonly last: number } | null {
    const left = [...this.#left.keys()].filter((seq) => seq > after).sort((a, b) => a - b);
    const first = left[0];
    const last = left.at(-1);
    return first === undefined || last === undefined ? null : { first, last };
  }
}

/** Escapes each UTF-16 unit, so that characters beyond the first plane become surrogate pairs as in JSON. */
const escaped = (text: string): string =>
  Array.from({ length: text.length }, (_, n) => `\\u${text.charCodeAt(n).toString(16).padStart(4, '0')}`).join('');

/**
 * Returns JSON that is safe for terminals: texts of people and Azure can contain escape sequences, direction overrides and
 * invisible characters, of which JSON escapes only a few. It parses to the same value.
 */
export const safeJson = (value: unknown, indent?: number): string =>
  revealInvisible(
    JSON.stringify(value, null, indent).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped),
    escaped,
  );
