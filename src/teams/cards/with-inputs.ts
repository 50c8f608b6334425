/** Fills in what a person entered on a card, and expands the sections that hold it. */

import { type AdaptiveCard, type CardNode, isNode } from './render-card.ts';

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
export const expanded = (sections: readonly string[]): ReadonlyMap<unknown, boolean> =>
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
