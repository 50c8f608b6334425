import type { AdaptiveCard, Input } from 'adaptivecards';

/** Unsent input of a person. It must survive an update of the card by the bot. */

/** Inputs can have their own way to store a value; those of the renderer have none. */
type CardInput = Input & { valueOn?: string; kept?: () => unknown; restore?: (kept: unknown) => void };

interface Memory {
  values: Map<string, unknown>;
  visible: Map<string, boolean>;
  focus: { inputId: string; selection: [number | null, number | null] } | null;
}

const inputsOf = (card: AdaptiveCard): CardInput[] => card.getAllInputs();

const textIn = (input: CardInput) => String(input.value ?? '');

/** Returns the values of a newly rendered card. */
export function valuesOf(card: AdaptiveCard) {
  return new Map(inputsOf(card).map((input) => [input.id ?? '', textIn(input)]));
}

/** Returns the IDs that a card can expand and collapse, with their visibility. */
export function foldsOf(card: AdaptiveCard, payload: unknown) {
  const folds = new Map<string, boolean>();
  for (const id of toggledIds(payload)) {
    const element = card.getElementById(id);
    if (element !== undefined) folds.set(id, element.isVisible);
  }
  return folds;
}

function toggledIds(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(toggledIds);
  if (typeof node !== 'object' || node === null) return [];
  const targets = 'targetElements' in node && Array.isArray(node.targetElements) ? node.targetElements : [];
  const ids = targets.map((target) => (typeof target === 'string' ? target : target?.elementId));
  return [...ids, ...Object.values(node).flatMap(toggledIds)];
}

/** Stores what differs from the newly rendered card, and the cursor position. */
export function remember(
  card: AdaptiveCard,
  drawnValues: Map<string, string>,
  drawnFolds: Map<string, boolean>,
): Memory {
  const changed = inputsOf(card).filter((input) => textIn(input) !== drawnValues.get(input.id ?? ''));
  const folds = [...drawnFolds].map(([id, was]) => ({ id, was, is: card.getElementById(id)?.isVisible ?? was }));
  return {
    values: new Map(changed.map((input) => [input.id ?? '', input.kept?.() ?? textIn(input)])),
    visible: new Map(folds.filter(({ was, is }) => was !== is).map(({ id, is }) => [id, is])),
    focus: focusIn(card),
  };
}

function focusIn(card: AdaptiveCard): Memory['focus'] {
  const active = document.activeElement;
  const input = inputsOf(card).find(({ renderedElement }) => renderedElement?.contains(active));
  if (input === undefined || active === null) return null;
  const isText =
    active instanceof HTMLTextAreaElement || (active instanceof HTMLInputElement && active.type === 'text');
  const [start, end] = isText ? [active.selectionStart, active.selectionEnd] : [null, null];
  return { inputId: input.id ?? '', selection: [start, end] };
}

/** Sets an input's value in its element, because most of the renderer's inputs are read-only. */
function setValue(input: CardInput, value: unknown) {
  if (typeof value !== 'string') return input.restore?.(value);
  const controls = [...(input.renderedElement?.querySelectorAll('input, textarea, select') ?? [])];
  for (const control of controls) {
    if (!(control instanceof HTMLInputElement) || !/checkbox|radio/.test(control.type))
      (control as HTMLInputElement).value = value;
    else if (input.valueOn !== undefined) control.checked = value === input.valueOn;
    else control.checked = value.split(',').includes(control.value);
  }
}

/** Restores the values in the newly rendered card, for inputs that still exist. */
export function recall(card: AdaptiveCard, memory: Memory) {
  const inputs = new Map(inputsOf(card).map((input) => [input.id ?? '', input]));
  for (const [id, value] of memory.values) {
    const input = inputs.get(id);
    if (input !== undefined) setValue(input, value);
  }
  for (const [id, isVisible] of memory.visible) {
    const element = card.getElementById(id);
    if (element !== undefined) element.isVisible = isVisible;
  }
  if (memory.focus === null) return;
  const again = inputs.get(memory.focus.inputId)?.renderedElement?.querySelector('input, textarea, select');
  if (!(again instanceof HTMLElement)) return;
  again.focus({ preventScroll: true });
  const [start, end] = memory.focus.selection;
  if (start !== null && (again instanceof HTMLTextAreaElement || again instanceof HTMLInputElement))
    again.setSelectionRange(start, end);
}
