/**
 * Renders a template and the data of a view to a card.
 * adaptivecards-templating leaves unknown fields in the card as text, so the card is checked afterwards.
 */

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { moreWords } from '../../text/lists.ts';
import type { Escaped } from './escaped-data.ts';
import { type CardText, nothing, plain } from './plain-text.ts';
import { endedMark } from './row.ts';
import { cardFolder, templateOf } from './template-parts.ts';

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

export type CardNode = Readonly<Record<string, unknown>>;

export const isNode = (value: unknown): value is CardNode => typeof value === 'object' && value !== null;

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
