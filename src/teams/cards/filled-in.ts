/** Shows a card again with the entered values. */
import type { AdaptiveCard } from './render-card.ts';

/** Checkboxes aren't restored, because their text might have changed. */
const typed: readonly unknown[] = ['Input.Text', 'Input.Date', 'Input.ChoiceSet'];

function fill(node: unknown, inputs: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(node)) return node.map((one) => fill(one, inputs));
  if (typeof node !== 'object' || node === null) return node;
  const filled = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, fill(value, inputs)]));
  const { type, id } = filled;
  const text = typed.includes(type) && typeof id === 'string' && Object.hasOwn(inputs, id) ? inputs[id] : undefined;
  return text === undefined || text === '' ? filled : { ...filled, value: text };
}

/** By input ID. Empty values keep the card's own. */
export const withInputs = (card: AdaptiveCard, inputs: Readonly<Record<string, string>>): AdaptiveCard => ({
  ...card,
  body: fill(card.body, inputs) as AdaptiveCard['body'],
});
