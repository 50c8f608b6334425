/**
 * The only makers of text for cards. A TextBlock or a fact shows Markdown, so what a person or Azure named has to be escaped
 * before it gets there: the type of those fields is `CardText`, which only this file makes, so forgetting does not compile.
 * What a card does not show as Markdown (choice titles, button titles, fallback text) is a `Label`.
 */

import { z } from 'zod';
import { listed } from '../../domain/listed.ts';
import { isBlank, showBlanks } from '../../domain/unseen.ts';
import { unquoted } from '../../text/quote.ts';

/** Markdown that is safe in a TextBlock or a fact. Empty: the card leaves the element out. */
export const CardText = z.string().max(8000).brand<'CardText'>();
export type CardText = z.infer<typeof CardText>;

/** One line that is shown as it is, never as Markdown. */
export const Label = z
  .string()
  .max(1000)
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u)
  .brand<'Label'>();
export type Label = z.infer<typeof Label>;

/** No text: the element is left out. */
export const nothing: CardText = CardText.parse('');

/** A string that is not escaped yet: escaping twice would show backslashes, so it does not compile either. */
type Raw<T extends string> = T extends CardText ? never : T;

const defaultLength = 300;

/**
 * Nobody sees these, yet they change what others look like: controls, direction overrides, tags, private use, marks that are
 * shown as nothing, and selectors of another form behind what has no other form. Letters and signs stand for themselves
 * (`showBlanks`).
 */
const invisible =
  /[\p{Cc}\p{Co}]|(?![\u200C\u200D])\p{Cf}|(?!\p{Variation_Selector})(?=\p{M})\p{Default_Ignorable_Code_Point}|(?<![\p{Emoji}\p{Ideographic}\p{Script=Mongolian}\p{Sm}])\p{Variation_Selector}/gu;

function oneLine(text: string): string {
  return showBlanks(text.replace(/\p{Cs}/gu, '\uFFFD'))
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
      // A character reference would turn into the character it names.
      .replace(/&(?=#?\w+;)/g, '\\&')
      // The client reads {{DATE()}}, the template library ${}.
      .replace(/(?<=[${]){/g, '\\{')
      // A mention on the same card would fill this tag.
      .replace(/<(?=\/?at\b)/gi, '<\u2060')
      // Heading, list, quote, rule and numbered list, at the start of a line only.
      .replace(/^(?:[#+=-]+(?=\s|$)|>)/, '\\$&')
      .replace(/^(\d{1,9})([.)])(?=\s|$)/, '$1\\$2')
  );
}

/** One line of somebody else's words, at most `length` characters. */
export function plain<T extends string>(text: Raw<T>, length = defaultLength): CardText {
  return CardText.parse(escapeMarkdown(cut(oneLine(text), length)));
}

/** Somebody else's words with their line breaks, at most `maxLines`: each line becomes a paragraph. */
export function plainLines<T extends string>(text: Raw<T>, length = 2000, maxLines = 30): CardText {
  const all = cut(text, length)
    .split(/\r\n|[\n\r\u0085\u2028\u2029]/)
    .map(oneLine)
    .filter((line) => line !== '');
  const kept = all.length > maxLines ? [...all.slice(0, maxLines), '…'] : all;
  return CardText.parse(kept.map(escapeMarkdown).join('\n\n'));
}

/** One line of what somebody wrote, between quotation marks that nothing in it closes. */
export const quoted = <T extends string>(text: Raw<T>, length = 500): CardText =>
  md`“${plain<string>(unquoted(text), length)}”`;

/** The same as `plain`, in bold. */
export function bold<T extends string>(text: Raw<T>, length = defaultLength): CardText {
  const inner = plain<string>(text, length);
  return inner === '' ? nothing : CardText.parse(`**${inner}**`);
}

/**
 * Our own Markdown around safe values: md`${bold(name)} approved, ${count} of ${needed}`. A bare string does not compile:
 * say `plain(name)`.
 */
export function md(strings: TemplateStringsArray, ...values: readonly (CardText | number)[]): CardText {
  return CardText.parse(strings.reduce((text, part, index) => `${text}${values[index - 1] ?? ''}${part}`));
}

/** Safe texts with something of ours between them; empty ones are skipped. */
export function joinText(texts: readonly CardText[], separator = ', '): CardText {
  return CardText.parse(texts.filter((text) => text !== '').join(separator));
}

/** Safe texts, of which the last is added with "and". */
export const listedText = (texts: readonly CardText[]): CardText => CardText.parse(listed(texts));

/** One line for places that do not know Markdown. */
export function label(text: string, length = defaultLength): Label {
  return Label.parse(cut(oneLine(text), length));
}

/** A message to one person: their client may read Markdown in it or not, so nothing is escaped and no link comes about. */
export const message = (text: string): string =>
  cut(oneLine(text), 1000)
    .replace(/\](?=[([:])/g, ']\u2060')
    .replace(/<(?=\S)/g, '<\u2060');

/** Words outside a card, where clients make a link of whatever looks like an address. */
export const unlinked = (text: CardText): CardText =>
  CardText.parse(text.replace(/(?<=\w)(?=:\/\/)|(?<=\bwww)(?=\.)/gi, '\u2060'));

const instant = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

const address = /^https:\/\/[a-z0-9.-]+\/[\w.~#@%:/-]*$/i;

/** A link with words of ours. The address is made of checked ids: one that is not is a bug. */
export function link(words: string, url: string): CardText {
  if (!address.test(url)) throw new Error(`linking to ${url}: not an address made of ids`);
  return CardText.parse(`[${plain<string>(words)}](${url})`);
}

/** The day in the reader's own words and time zone. Works in a TextBlock and a fact only. */
export const date = (at: Date): CardText => CardText.parse(`{{DATE(${instant(at)},SHORT)}}`);
/** Hours and minutes in the reader's time zone. */
export const time = (at: Date): CardText => CardText.parse(`{{TIME(${instant(at)})}}`);
export const dateAndTime = (at: Date): CardText => md`${date(at)}, ${time(at)}`;

/** Somebody to notify: put `text` into a text of the card and `entity` into its mentions. */
export interface Mention {
  readonly text: CardText;
  readonly entity: {
    readonly type: 'mention';
    readonly text: string;
    readonly mentioned: { readonly id: string; readonly name: string };
  };
}

/** Teams looks for the tag letter by letter, so the name is not escaped but loses what would need it. */
export function mention(id: string, name: string): Mention {
  const named = cut(oneLine(name.replace(/[\\*_[\]`<>~&{}$#]|:\/\/|\bwww\./gi, ' ')), 60);
  const bare = isBlank(named) ? 'Somebody' : named;
  const text = `<at>${bare}</at>`;
  return { text: CardText.parse(text), entity: { type: 'mention', text, mentioned: { id, name: bare } } };
}

/** Who is spoken to: somebody to notify, or a group that a card can only name. */
export interface Addressee {
  readonly text: CardText;
  readonly entity: Mention['entity'] | null;
}

export const entitiesOf = (addressees: readonly Addressee[]): readonly Mention['entity'][] =>
  addressees.flatMap(({ entity }) => entity ?? []);
