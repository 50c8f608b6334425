/** A card with what somebody filled in, as if it had not been sent. */
import type { AdaptiveCard } from './render-card.ts';

/** A tick is not taken over: what it stands under may be another text by now. */
const typed: readonly unknown[] = ['Input.Text', 'Input.Date', 'Input.ChoiceSet'];

function fill(node: unknown, inputs: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(node)) return node.map((one) => fill(one, inputs));
  if (typeof node !== 'object' || node === null) return node;
  const filled = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, fill(value, inputs)]));
  const { type, id } = filled;
  const text = typed.includes(type) && typeof id === 'string' && Object.hasOwn(inputs, id) ? inputs[id] : undefined;
  return text === undefined || text === '' ? filled : { ...filled, value: text };
}

/** By the inputs' ids; what was left empty stays as the card has it. */
export const withInputs = (card: AdaptiveCard, inputs: Readonly<Record<string, string>>): AdaptiveCard => ({
  ...card,
  body: fill(card.body, inputs) as AdaptiveCard['body'],
});
