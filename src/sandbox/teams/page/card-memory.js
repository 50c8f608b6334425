// @ts-check

/** Unsent input of a person. It must survive an update of the card by the bot. */

/**
 * @typedef {{ id?: string, value?: unknown, valueOn?: string, renderedElement?: HTMLElement,
 *   kept?: () => unknown, restore?: (kept: any) => void }} CardInput
 * @typedef {{ getAllInputs: () => CardInput[], getElementById: (id: string) => { isVisible: boolean } | undefined }} DrawnCard
 * @typedef {{ values: Map<string, unknown>, visible: Map<string, boolean>,
 *   focus: { inputId: string, selection: [number | null, number | null] } | null }} Memory
 */

const textIn = (/** @type {CardInput} */ input) => String(input.value ?? '');

/** Returns the values of a newly rendered card. */
export function valuesOf(/** @type {DrawnCard} */ card) {
  return new Map(card.getAllInputs().map((input) => [input.id ?? '', textIn(input)]));
}

/** Returns the IDs that a card can expand and collapse, with their visibility. */
export function foldsOf(/** @type {DrawnCard} */ card, /** @type {unknown} */ payload) {
  /** @type {Map<string, boolean>} */
  const folds = new Map();
  for (const id of toggledIds(payload)) {
    const element = card.getElementById(id);
    if (element !== undefined) folds.set(id, element.isVisible);
  }
  return folds;
}

/** @returns {string[]} */
function toggledIds(/** @type {unknown} */ node) {
  if (Array.isArray(node)) return node.flatMap(toggledIds);
  if (typeof node !== 'object' || node === null) return [];
  const targets = 'targetElements' in node && Array.isArray(node.targetElements) ? node.targetElements : [];
  const ids = targets.map((target) => (typeof target === 'string' ? target : target?.elementId));
  return [...ids, ...Object.values(node).flatMap(toggledIds)];
}

/**
 * Stores what differs from the newly rendered card, and the cursor position.
 * @param {DrawnCard} card
 * @param {Map<string, string>} drawnValues
 * @param {Map<string, boolean>} drawnFolds
 * @returns {Memory}
 */
export function remember(card, drawnValues, drawnFolds) {
  const changed = card.getAllInputs().filter((input) => textIn(input) !== drawnValues.get(input.id ?? ''));
  const folds = [...drawnFolds].map(([id, was]) => ({ id, was, is: card.getElementById(id)?.isVisible ?? was }));
  return {
    values: new Map(changed.map((input) => [input.id ?? '', input.kept?.() ?? textIn(input)])),
    visible: new Map(folds.filter(({ was, is }) => was !== is).map(({ id, is }) => [id, is])),
    focus: focusIn(card),
  };
}

function focusIn(/** @type {DrawnCard} */ card) {
  const active = document.activeElement;
  const input = card.getAllInputs().find(({ renderedElement }) => renderedElement?.contains(active));
  if (input === undefined || active === null) return null;
  const isText =
    active instanceof HTMLTextAreaElement || (active instanceof HTMLInputElement && active.type === 'text');
  /** @type {[number | null, number | null]} */
  const selection = isText ? [active.selectionStart, active.selectionEnd] : [null, null];
  return { inputId: input.id ?? '', selection };
}

/** Sets an input's value in its element, because most of the renderer's inputs are read-only. */
function setValue(/** @type {CardInput} */ input, /** @type {unknown} */ value) {
  if (typeof value !== 'string') return input.restore?.(value);
  const controls = [...(input.renderedElement?.querySelectorAll('input, textarea, select') ?? [])];
  for (const control of controls) {
    if (!(control instanceof HTMLInputElement) || !/checkbox|radio/.test(control.type))
      /** @type {HTMLInputElement} */ (control).value = value;
    else if (input.valueOn !== undefined) control.checked = value === input.valueOn;
    else control.checked = value.split(',').includes(control.value);
  }
}

/** Restores the values in the newly rendered card, for inputs that still exist. */
export function recall(/** @type {DrawnCard} */ card, /** @type {Memory} */ memory) {
  const inputs = new Map(card.getAllInputs().map((input) => [input.id ?? '', input]));
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
