/**
 * Renders a template and the data of a view to a card.
 * adaptivecards-templating leaves unknown fields in the card as text, so the card is checked afterwards.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { moreWords } from '../../text/lists.ts';
import { type CardText, type Label, nothing, plain } from './plain-text.ts';
import { endedMark } from './row.ts';

// Templates share parts: `{ "$part": "row", "$data": "${steps}" }` stands for `cards/parts/row.json`. Each property
// beside `$part` replaces `#{its name}` in the part. A property that the part doesn't name is set on its element, or
// on each of its elements if it is a list. Parts can contain parts.

export const cardFolder = new URL('../../../cards/', import.meta.url);

const read = (path: string): string => readFileSync(new URL(path, cardFolder), 'utf8');

const inQuotes = (text: string): string => JSON.stringify(text).slice(1, -1);

function partNamed(path: readonly string[], given: Readonly<Record<string, unknown>>): unknown {
  const name = path.at(-1) ?? '';
  if (path.indexOf(name) < path.length - 1) throw new Error(`card part ${path.join(' in ')}: it contains itself`);
  const rest = { ...given };
  const text = read(`parts/${name}.json`).replace(/"#{(\w+)}"|#{(\w+)}/g, (_, whole: string, inner: string) => {
    const value = given[whole ?? inner];
    if (value === undefined) throw new Error(`card part ${path.join(' in ')}: ${whole ?? inner} is missing`);
    delete rest[whole ?? inner];
    return whole === undefined ? inQuotes(String(value)) : JSON.stringify(value);
  });
  const part = withParts(JSON.parse(text), path);
  return Array.isArray(part) ? part.map((one) => ({ ...one, ...rest })) : Object.assign({}, part, rest);
}

/** Puts the parts in place. `path`: the parts around, outermost first. */
export function withParts(node: unknown, path: readonly string[] = []): unknown {
  if (Array.isArray(node)) return node.flatMap((one) => withParts(one, path));
  if (typeof node !== 'object' || node === null) return node;
  const { $part, ...given } = Object.fromEntries(
    Object.entries(node).map(([name, one]) => [name, withParts(one, path)]),
  );
  return $part === undefined ? given : partNamed([...path, String($part)], given);
}

/** Returns a template without references to parts, as the Adaptive Cards designer takes it. */
export const templateOf = (name: string): unknown => withParts(JSON.parse(read(`${name}.json`)));

interface Template {
  expand(context: { readonly $root: unknown }): unknown;
}
// Uses `require`, because the package's types refer to another package's source code, which doesn't compile here.
const require = createRequire(import.meta.url);
const templating: { readonly Template: new (template: unknown) => Template } = require('adaptivecards-templating');

/** Parses the expressions at first use: all of them take half a second. */
function lazy(template: unknown): Template {
  let parsed: Template | null = null;
  return {
    expand(context) {
      parsed ??= new templating.Template(template);
      return parsed.expand(context);
    },
  };
}

const names = readdirSync(cardFolder).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []);

/** All templates by name. Throws at start for a part that doesn't exist. */
export const templates: ReadonlyMap<string, Template> = new Map(names.map((name) => [name, lazy(templateOf(name))]));

/** Fields that aren't shown as text: IDs, icons, verbs, and what inputs contain. */
type Unshown =
  | ('formId' | 'id' | 'requestId' | 'resourceId' | 'driftId' | 'userIds' | 'mentions')
  | ('icon' | 'stateIcon' | 'verb' | 'typed' | 'url' | 'selected' | 'newKeyName' | 'keyExpiry' | 'keyExpiryMin')
  | ('keyExpiryMax' | 'justification' | 'changeReference' | 'startDay' | 'startTime');
/** Fields that are shown without Markdown. */
type Unformatted =
  | ('fallbackText' | 'button' | 'instead' | 'approve' | 'approveTooltip' | 'acknowledge' | 'tick' | 'open' | 'meant')
  | ('unusableTitle' | 'referenceLabel' | 'legend' | 'snippet');
type Titled = 'choices' | 'chips';
type Shown<Name> = Name extends Unformatted ? Label : CardText;
type Branded = { readonly [z.$brand]: object };

/** Requires for each text of the card that it's escaped: only `plain-text.ts` creates them. The bot's own words are literals. */
type Escaped<Data, Name = ''> = Name extends Unshown
  ? unknown
  : Data extends string
    ? Data extends Shown<Name>
      ? unknown
      : string extends Data
        ? Shown<Name>
        : Data extends Branded
          ? Shown<Name>
          : unknown
    : Data extends readonly (infer Item)[]
      ? readonly (Name extends Titled ? { readonly title: Label } : Escaped<Item, Name>)[]
      : Data extends object
        ? { readonly [Field in keyof Data]: Escaped<Data[Field], Field> }
        : Data extends number | boolean
          ? unknown
          : never;

const CardShape = z.looseObject({
  type: z.literal('AdaptiveCard'),
  version: z.enum(['1.0', '1.1', '1.2', '1.3', '1.4', '1.5']),
  fallbackText: z.string().min(1),
  body: z.array(z.looseObject({ type: z.string() })).min(1),
});
export type AdaptiveCard = z.infer<typeof CardShape>;

/** Teams refuses messages over 100 KB in UTF-16; the rest of the activity needs space too. */
const maxBytes = 80 * 1024;

const bytesOfText = (text: string): number => text.length * 2;

export const bytesOf = (card: AdaptiveCard): number => bytesOfText(JSON.stringify(card));

type CardNode = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is CardNode => typeof value === 'object' && value !== null;

/** A private-use character. `plain-text.ts` removes those from all texts, so it can't come from outside. */
const guard = '\u{E000}';
/** Splits `${` in values, so that any that remain after expansion are the template's. */
function hideMarks(data: unknown): unknown {
  const text = JSON.stringify(data);
  return text.includes('${') ? JSON.parse(text.replaceAll('${', `$${guard}{`)) : data;
}

function expand(name: string, data: unknown): string {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`no card ${name}`);
  const expanded = JSON.stringify(template.expand({ $root: hideMarks(data) }));
  const left = /\$\{[^}]*\}?/.exec(expanded);
  if (left !== null) throw new Error(`rendering card ${name}: ${left[0]} has no value`);
  return expanded.replaceAll(`$${guard}{`, '${');
}

/**
 * The lists that a card can show in part, with their most entries. The others are short, or people must see them whole
 * before they decide, such as risks.
 */
const mostEntries = new Map(
  Object.entries({ checks: 40, passRows: 40, controllers: 40, decisions: 12, differences: 12, notes: 12, rows: 15 }),
);

/** What entries have beside their words. */
const noDetails = { ...endedMark, lines: [], time: nothing, button: nothing };

/** Returns an entry like the others of its list, which says how many the card leaves out. */
function entryForRest(other: CardNode, words: CardText): CardNode {
  const instead: CardNode = { ...noDetails, name: words, text: words };
  return Object.fromEntries(Object.entries(other).map(([field, value]) => [field, instead[field] ?? value]));
}

/** Returns the data with at most `most` entries in each list that the card can show in part. */
function withEntries(node: unknown, most: number, isRequest: boolean): unknown {
  if (Array.isArray(node)) return node.map((one) => withEntries(one, most, isRequest));
  if (!isNode(node)) return node;
  const fields = Object.entries(node).map(([field, value]) => {
    const usual = mostEntries.get(field) ?? Number.POSITIVE_INFINITY;
    const shown = Math.min(usual, most);
    if (!Array.isArray(value) || usual === Number.POSITIVE_INFINITY || value.length <= shown)
      return [field, withEntries(value, most, isRequest)];
    const words = plain(moreWords(value.length - shown + 1, isRequest && most < usual));
    return [field, [...value.slice(0, shown - 1), entryForRest(value.at(-1), words)]];
  });
  return Object.fromEntries(fields);
}

const mostOfAll = Math.max(...mostEntries.values());

/**
 * Renders a card, with as many entries in its lists as Teams takes. Throws for data that the template misses, which is a bug
 * that no person can cause.
 */
export function renderCard<const Data extends object>(name: string, data: Data & Escaped<Data>): AdaptiveCard {
  const isRequest = 'requestId' in data && data.requestId !== '';
  const textWith = (most: number): string => expand(name, withEntries(data, most, isRequest));
  let text = textWith(mostOfAll);
  let fits = 0;
  let tooMany = bytesOfText(text) > maxBytes ? mostOfAll : 1;
  while (tooMany - fits > 1) {
    const most = Math.floor((fits + tooMany) / 2);
    const shorter = textWith(most);
    const isFit = bytesOfText(shorter) <= maxBytes;
    if (isFit || most === 1) text = shorter;
    [fits, tooMany] = isFit ? [most, tooMany] : [fits, most];
  }
  if (bytesOfText(text) > maxBytes)
    throw new Error(`rendering card ${name}: ${bytesOfText(text)} bytes, Teams takes ${maxBytes}`);
  return CardShape.parse(JSON.parse(text));
}

/** Checkboxes aren't restored, because their text might have changed. */
const typed: readonly unknown[] = ['Input.Text', 'Input.Date', 'Input.Time', 'Input.ChoiceSet'];

export type CardInputs = Readonly<Record<string, string>>;

const partsOf = (value: unknown): readonly unknown[] => (isNode(value) ? Object.values(value) : []);

const entryOf = ({ type, id }: CardNode, inputs: CardInputs): string =>
  typed.includes(type) && typeof id === 'string' && Object.hasOwn(inputs, id) ? (inputs[id] ?? '') : '';

const holdsEntry = (node: unknown, inputs: CardInputs): boolean =>
  isNode(node) && (entryOf(node, inputs) !== '' || partsOf(node).some((part) => holdsEntry(part, inputs)));

function sectionsToExpand(node: unknown, inputs: CardInputs): readonly string[] {
  const inner = partsOf(node).flatMap((part) => sectionsToExpand(part, inputs));
  const isOne = isNode(node) && node.isVisible === false && typeof node.id === 'string' && holdsEntry(node, inputs);
  return isOne ? [String(node.id), ...inner] : inner;
}

/** Returns the new visibility of sections and of their arrows: `more`, `moreUp` and `moreDown`. */
const expanded = (sections: readonly string[]): ReadonlyMap<unknown, boolean> =>
  new Map(sections.flatMap((id) => [[id, true] as const, [`${id}Up`, true] as const, [`${id}Down`, false] as const]));

function fill(node: unknown, inputs: CardInputs, visible: ReadonlyMap<unknown, boolean>): unknown {
  if (Array.isArray(node)) return node.map((one) => fill(one, inputs, visible));
  if (!isNode(node)) return node;
  const filled = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, fill(value, inputs, visible)]));
  const isVisible = visible.get(node.id);
  const value = entryOf(node, inputs);
  return { ...filled, ...(isVisible === undefined ? {} : { isVisible }), ...(value === '' ? {} : { value }) };
}

/** Fills in what a person entered, and expands its sections. Empty entries keep the card's own values. */
export const withInputs = (card: AdaptiveCard, inputs: CardInputs): AdaptiveCard => ({
  ...card,
  body: fill(card.body, inputs, expanded(sectionsToExpand(card.body, inputs))) as AdaptiveCard['body'],
});
