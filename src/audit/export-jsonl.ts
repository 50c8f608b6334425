/**
 * The record as a file that can be verified by itself: one JSON object a line.
 *
 * `header` first, with the place in the chain that the first event follows on; then every `event` word for word as stored,
 * each followed by its `text`s that were not erased, with their salts; `head` last, so that a file cut short shows: where the
 * record ended, also in an export of a part. Nothing else is in it, so two exports of the same record are the same bytes.
 */
import { z } from 'zod';
import { ChainLine, Link, RevealedText } from '../domain/record/chain.ts';
import { quietJson } from './quiet-json.ts';

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
