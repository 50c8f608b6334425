/** Unsent input of a person. It must survive an update of the card by the bot. */

import type { Action, AdaptiveCard, Input } from 'adaptivecards';
import type { Json } from './api.ts';
import { asText, type Filtered } from './filtered-choices.ts';

export type Drawn = { values: Map<string, string>; folds: Map<string, boolean> };
export type Unsent = { values: Map<string, string>; visible: Map<string, boolean> };

export const isToggle = (action: Action) => action instanceof AdaptiveCards.ToggleVisibilityAction;

/** Returns the IDs of what a card can expand and collapse. */
export const foldIdsOf = (card: AdaptiveCard) =>
  card.getAllActions().flatMap((action) => (isToggle(action) ? Object.keys(action.targetElements) : []));

export const textIn = (input: Input) => String(input.value ?? '');

/** Returns what a newly rendered card shows. */
export const drawnOf = (card: AdaptiveCard): Drawn => ({
  values: new Map(card.getAllInputs().map((input) => [input.id ?? '', textIn(input)])),
  folds: new Map(foldIdsOf(card).map((id) => [id, card.getElementById(id)?.isVisible ?? true])),
});

/** Adds what a person changed since the card was rendered. */
export function collect(card: AdaptiveCard, drawn: Drawn, { values, visible }: Unsent) {
  for (const input of card.getAllInputs()) {
    const id = input.id ?? '';
    const value = textIn(input);
    if (value !== drawn.values.get(id)) values.set(id, value);
  }
  for (const [id, isVisible] of drawnOf(card).folds) if (isVisible !== drawn.folds.get(id)) visible.set(id, isVisible);
}

/** Returns the card as it is rendered: with the person's values and expanded parts. */
export function toRender(node: unknown, unsent: Unsent, filtered: Map<string, Filtered>): unknown {
  if (Array.isArray(node)) return node.map((one) => toRender(one, unsent, filtered));
  if (typeof node !== 'object' || node === null) return node;
  const copy: Json = Object.fromEntries(
    Object.entries(node).map(([name, one]) => [name, toRender(one, unsent, filtered)]),
  );
  if (typeof copy.type !== 'string') return copy;
  if (unsent.visible.has(copy.id)) copy.isVisible = unsent.visible.get(copy.id);
  if (!copy.type.startsWith('Input.')) return copy;
  const isFiltered = copy.style === 'filtered' && copy.isMultiSelect !== true;
  const input = isFiltered ? asText(copy, filtered) : copy;
  return { ...input, ...(unsent.values.has(copy.id) ? { value: unsent.values.get(copy.id) } : {}) };
}

/** Returns a function that sets the focus and the cursor again in another rendering of the card. */
export function focusIn(card: AdaptiveCard): ((again: AdaptiveCard) => void) | undefined {
  const active = document.activeElement;
  const input = card.getAllInputs().find(({ renderedElement }) => renderedElement?.contains(active));
  if (input === undefined) return undefined;
  const isText =
    active instanceof HTMLTextAreaElement || (active instanceof HTMLInputElement && active.type === 'text');
  const [start, end] = isText ? [active.selectionStart, active.selectionEnd] : [null, null];
  return (again) => {
    const { renderedElement } = again.getAllInputs().find(({ id }) => id === input.id) ?? {};
    const control = renderedElement?.querySelector<HTMLInputElement>('input, textarea, select');
    control?.focus({ preventScroll: true });
    if (isText) control?.setSelectionRange(start, end);
  };
}
