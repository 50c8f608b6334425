/**
 * The only functions that create texts of cards.
 * A TextBlock or a fact renders Markdown, so names and messages from outside must be escaped. These fields have the
 * type `CardText`, which only this file creates, so a missing escape doesn't compile. Texts without Markdown (titles of
 * choices and buttons, fallback text) are a `Label`.
 */

import { z } from 'zod';
import { isBlank, joinList, revealInvisible } from '../../domain/strings.ts';
import { unquoted } from '../../text/quote.ts';

/** Safe Markdown for a TextBlock or a fact. Empty: the card omits the element. */
export const CardText = z.string().max(8000).brand<'CardText'>();
export type CardText = z.infer<typeof CardText>;

/** One line without Markdown. */
export const Label = z
  .string()
  .max(1000)
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u)
  .brand<'Label'>();
export type Label = z.infer<typeof Label>;

/** No text: the element is omitted. */
export const nothing: CardText = CardText.parse('');

/** A string that isn't escaped yet. Escaping twice would show backslashes, so it doesn't compile either. */
type Raw = string & { readonly [z.$brand]?: { readonly CardText?: never; readonly [other: string]: unknown } };

const defaultLength = 300;

/**
 * Invisible characters that change how others look: controls, direction overrides, tags, private use, ignorable marks,
 * and variation selectors after characters without variants. `revealInvisible` replaces them by visible text.
 */
const invisible =
  /[\p{Cc}\p{Co}]|(?![\u200C\u200D])\p{Cf}|(?!\p{Variation_Selector})(?=\p{M})\p{Default_Ignorable_Code_Point}|(?<![\p{Emoji}\p{Ideographic}\p{Script=Mongolian}\p{Sm}])\p{Variation_Selector}/gu;

function oneLine(text: string): string {
  return revealInvisible(text.replace(/\p{Cs}/gu, '\uFFFD'))
    .replace(/[\s\u0085]+/gu, ' ')
    .replace(invisible, '')
    .replace(/(\p{M}{4})\p{M}+/gu, '$1')
    .replace(/ {2,}/g, ' ')
    .trim();
}

function cut(text: string, length: number): string {
  const points = [...text];
  if (points.length <= length) return text;
  return `${points
    .slice(0, length - 1)
    .join('')
    .trimEnd()}…`;
}

function escapeMarkdown(line: string): string {
  return (
    line
      .replace(/[\\*_[\]`<~]/g, '\\$&')
      // A character reference would become the character.
      .replace(/&(?=#?\w+;)/g, '\\&')
      // The client expands {{DATE()}}, the template library ${}.
      .replace(/(?<=[${]){/g, '\\{')
      // A mention on the same card would replace this tag.
      .replace(/<(?=\/?at\b)/gi, '<\u2060')
      // Heading, list, quote, rule and numbered list, at the start of a line.
      .replace(/^(?:[#+=-]+(?=\s|$)|>)/, '\\$&')
      .replace(/^(\d{1,9})([.)])(?=\s|$)/, '$1\\$2')
  );
}

/** Escapes a text from outside on one line, shortened to `length`. */
export function plain(text: Raw, length = defaultLength): CardText {
  return CardText.parse(escapeMarkdown(cut(oneLine(text), length)));
}

/** Long enough for an excerpt of another service's message with a missing permission, and for what to do. */
const longestSentences = 1000;

/** Escapes the bot's own sentences. They can quote other services. */
export const sentences = (text: Raw): CardText => plain(text, longestSentences);

/** Escapes a text from outside with its line breaks, at most `maxLines`. Each line becomes a paragraph. */
export function plainLines(text: Raw, length = 2000, maxLines = 30): CardText {
  const all = cut(text, length)
    .split(/\r\n|[\n\r\u0085\u2028\u2029]/)
    .map(oneLine)
    .filter((line) => line !== '');
  const shown = all.length > maxLines ? [...all.slice(0, maxLines), '…'] : all;
  return CardText.parse(shown.map(escapeMarkdown).join('\n\n'));
}

/** Quotes a text from outside on one line. The text can't close the quotation marks. */
export const quoted = (text: Raw, length = 500): CardText => md`“${plain(unquoted(text), length)}”`;

export function bold(text: Raw, length = defaultLength): CardText {
  const inner = plain(text, length);
  return inner === '' ? nothing : CardText.parse(`**${inner}**`);
}

/**
 * The bot's own Markdown with safe values: md`${bold(name)} approved, ${count} of ${needed}`. A bare string doesn't
 * compile: use `plain(name)`.
 */
export function md(strings: TemplateStringsArray, ...values: readonly (CardText | number)[]): CardText {
  return CardText.parse(strings.reduce((text, part, index) => `${text}${values[index - 1] ?? ''}${part}`));
}

/** Joins safe texts and skips empty ones. */
export function joinText(texts: readonly CardText[], separator = ', '): CardText {
  return CardText.parse(texts.filter((text) => text !== '').join(separator));
}

/** Joins safe texts with commas and a final "and". */
export const listedText = (texts: readonly CardText[]): CardText => CardText.parse(joinList(texts));

/** One line for fields without Markdown. */
export function label(text: string, length = defaultLength): Label {
  return Label.parse(cut(oneLine(text), length));
}

/**
 * A message to one person. Clients might or might not render Markdown, so nothing is escaped, and links are prevented.
 */
export const message = (text: string): string =>
  cut(oneLine(text), longestSentences)
    .replace(/\](?=[([:])/g, ']\u2060')
    .replace(/<(?=\S)/g, '<\u2060');

const instant = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

const address = /^https:\/\/[a-z0-9.-]+\/[\w.~#@%:/-]*$/i;

/** A link with the bot's own text. The address consists of validated IDs; anything else is a bug. */
export function link(words: string, url: string): CardText {
  if (!address.test(url)) throw new Error(`linking to ${url}: not an address made of ids`);
  return CardText.parse(`[${plain(words)}](${url})`);
}

/** The date in the reader's own format and time zone. Works only in a TextBlock and a fact. */
export const date = (at: Date): CardText => CardText.parse(`{{DATE(${instant(at)},SHORT)}}`);
/** Hours and minutes in the reader's time zone. */
export const time = (at: Date): CardText => CardText.parse(`{{TIME(${instant(at)})}}`);
export const dateAndTime = (at: Date): CardText => md`${date(at)}, ${time(at)}`;

/** The same for the UTC days and times in a text of `src/text`. A day without a time is the same one in most time zones. */
export const withDates = (text: CardText): CardText =>
  CardText.parse(
    text.replace(/\b(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d)(?::\d\d)? UTC)?(?!\w)/g, (found, day: string, clock?: string) => {
      const at = new Date(`${day}T${clock ?? '12:00'}Z`);
      if (Number.isNaN(at.getTime())) return found;
      return clock === undefined ? date(at) : dateAndTime(at);
    }),
  );

/** A mention: put `text` into a text of the card and `entity` into its mentions. */
interface Mention {
  readonly text: CardText;
  readonly entity: {
    readonly type: 'mention';
    readonly text: string;
    readonly mentioned: { readonly id: string; readonly name: string };
  };
}

/** Teams searches for the exact tag, so the name isn't escaped, but loses characters that would need it. */
export function mention(id: string, name: string): Mention {
  const named = cut(oneLine(name.replace(/[\\*_[\]`<>~&{}$#]|:\/\/|\bwww\./gi, ' ')), 60);
  const bare = isBlank(named) ? 'Someone' : named;
  const text = `<at>${bare}</at>`;
  return { text: CardText.parse(text), entity: { type: 'mention', text, mentioned: { id, name: bare } } };
}

/** A person to mention, or a group that a card can only name. */
export interface Addressee {
  readonly text: CardText;
  readonly entity: Mention['entity'] | null;
}

export const entitiesOf = (addressees: readonly Addressee[]): readonly Mention['entity'][] =>
  addressees.flatMap(({ entity }) => entity ?? []);
