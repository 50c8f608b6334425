/**
 * The record as a file that can be verified by itself: one JSON object a line.
 *
 * `header` first, with the place in the chain that the first event follows on; then every `event` word for word as stored,
 * each followed by its `text`s that were not erased, with their salts; `head` last, so that a file cut short shows. Nothing
 * else is in it, so two exports of the same record are the same bytes.
 */
import { z } from 'zod';
import { quietJson } from './quiet-json.ts';
import type { Link } from './verify.ts';

const Place = z.strictObject({ seq: z.number().int().min(0), hash: z.string() });

const Header = z.strictObject({
  kind: z.literal('header'),
  format: z.literal('cmk-bot-audit'),
  version: z.literal(1),
  /** Sequence number 0 and a hash of noughts: from the beginning. */
  after: Place,
});

const Event = z.strictObject({
  kind: z.literal('event'),
  seq: z.number(),
  request: z.string(),
  revision: z.number(),
  cause: z.string(),
  n: z.number(),
  /** The canonical JSON that is hashed, as text. */
  body: z.string(),
  prev: z.string(),
  hash: z.string(),
});

const Text = z.strictObject({
  kind: z.literal('text'),
  request: z.string(),
  revision: z.number(),
  field: z.string(),
  /** Hexadecimal. */
  salt: z.string(),
  text: z.string(),
});

const Head = z.strictObject({ kind: z.literal('head'), ...Place.shape });

/** Any line of an export. */
export const ExportLine = z.discriminatedUnion('kind', [Header, Event, Text, Head]);
export type ExportLine = z.infer<typeof ExportLine>;

/** An event of the record in full. */
export type ExportedEvent = Omit<z.infer<typeof Event>, 'kind'>;
export type ExportedText = Omit<z.infer<typeof Text>, 'kind'>;

const line = (value: ExportLine): string => `${quietJson(value)}\n`;

export const headerLine = ({ seq, hash }: Link): string =>
  line({ kind: 'header', format: 'cmk-bot-audit', version: 1, after: { seq, hash } });

export const eventLine = ({ seq, request, revision, cause, n, body, prev, hash }: ExportedEvent): string =>
  line({ kind: 'event', seq, request, revision, cause, n, body, prev, hash });

export const textLine = ({ request, revision, field, salt, text }: ExportedText): string =>
  line({ kind: 'text', request, revision, field, salt, text });

export const headLine = ({ seq, hash }: Link): string => line({ kind: 'head', seq, hash });
