// @ts-check
import { foldsOf, recall, remember, valuesOf } from './card-memory.js';
import { announce } from './dom.js';
import { hostConfig } from './host-config.js';
import { drawNewerElements } from './newer-elements.js';
import { searchWith } from './typeahead.js';

/** @type {any} */
const { AdaptiveCards } = window;
const host = new AdaptiveCards.HostConfig(hostConfig);
drawNewerElements(AdaptiveCards);

/**
 * @typedef {{ type: string, verb: string, data: unknown, inputs: Record<string, string> }} Clicked
 * @typedef {{ click: (clicked: Clicked) => Promise<void>, search: import('./typeahead.js').Search }} CardUse
 */

/**
 * Rows that expand a part of a card. The renderer doesn't announce the part's state.
 * @typedef {{ getJsonTypeName: () => string, targetElements?: Record<string, unknown>, renderedElement?: HTMLElement, parent?: { renderedElement?: HTMLElement } }} CardAction
 * @typedef {{ getAllActions: () => CardAction[], getElementById: (id: string) => { isVisible: boolean } | undefined }} DrawnCard
 */

/** Sets the expanded state of each row. Call it after rendering and after each toggle. */
function tendToggles(/** @type {DrawnCard} */ card) {
  for (const action of card.getAllActions()) {
    // For a clickable element, such as a row, the element itself is the button.
    const button = action.renderedElement ?? action.parent?.renderedElement;
    if (action.getJsonTypeName() !== 'Action.ToggleVisibility' || button === undefined) continue;
    const [first] = Object.keys(action.targetElements ?? {});
    const target = first === undefined ? undefined : card.getElementById(first);
    if (target === undefined) continue;
    button.setAttribute('aria-expanded', String(target.isVisible));
    // Its text describes it, but the renderer's label hides the text.
    if (action.renderedElement === undefined) button.removeAttribute('aria-label');
  }
}

/** One Adaptive Card on the page; `show` renders another one in its place. */
export class ShownCard {
  /** @type {any} */ card;
  drawn = '';
  /** @type {Map<string, string>} */ values = new Map();
  /** @type {Map<string, boolean>} */ folds = new Map();
  isPending = false;
  /** A button of the card had the focus and was removed or disabled by the answer. */
  isFocusDue = false;

  /**
   * @param {HTMLElement} element
   * @param {CardUse} use
   */
  constructor(element, use) {
    this.element = element;
    this.use = use;
  }

  /**
   * Renders the card if it changed. Typed values and expanded parts remain, except with `isFresh`: the answer to the person's own click
   * is shown in its initial state.
   * @param {unknown} payload
   * @param {boolean} isFresh
   */
  show(payload, isFresh) {
    const json = JSON.stringify(payload);
    if (json === this.drawn) return;
    const memory = this.card === undefined || isFresh ? undefined : remember(this.card, this.values, this.folds);
    this.drawn = json;
    this.card = this.parse(payload);
    const rendered = this.card.render();
    this.values = valuesOf(this.card);
    this.folds = foldsOf(this.card, payload);
    this.element.replaceChildren(rendered ?? document.createTextNode('This card cannot be shown.'));
    this.element.removeAttribute('aria-busy');
    if (memory !== undefined) recall(this.card, memory);
    tendToggles(this.card);
    if (isFresh && this.isFocusDue) this.focusFirst();
    if (this.isPending) this.pend(undefined);
  }

  parse(/** @type {unknown} */ payload) {
    const card = new AdaptiveCards.AdaptiveCard();
    card.hostConfig = host;
    // The renderer requires version 1.6 for `choices.data`, Teams accepts it in 1.5.
    card.parse(payload, new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.latest));
    card.onExecuteAction = (/** @type {any} */ action) => void this.execute(action);
    searchWith(card, this.use.search);
    return card;
  }

  async execute(/** @type {any} */ action) {
    const type = action.getJsonTypeName();
    if (type === 'Action.ToggleVisibility') queueMicrotask(() => tendToggles(this.card));
    if (type === 'Action.OpenUrl') window.open(action.url, '_blank', 'noopener');
    if (type !== 'Action.Execute' && type !== 'Action.Submit') return;
    const { data } = action.toJSON();
    this.isPending = true;
    this.isFocusDue = action.renderedElement?.contains(document.activeElement) === true;
    this.pend(action.renderedElement);
    announce('Sending');
    try {
      await this.use.click({ type, verb: action.verb ?? '', data: data ?? {}, inputs: this.inputs() });
    } finally {
      this.isPending = false;
      this.settle();
      // The card remains, so the focus returns to the button.
      if (this.isFocusDue && document.activeElement === document.body && action.renderedElement?.isConnected)
        action.renderedElement.focus({ preventScroll: true });
    }
  }

  /** Sets the focus after a button was removed: to the heading, or else to the first field. */
  focusFirst() {
    this.isFocusDue = false;
    if (document.activeElement !== document.body && !this.element.contains(document.activeElement)) return;
    const first =
      this.element.querySelector('[role="heading"]') ?? this.element.querySelector('input, textarea, select');
    if (!(first instanceof HTMLElement)) return;
    if (first.getAttribute('role') === 'heading') first.tabIndex = -1;
    first.focus({ preventScroll: true });
  }

  /** Returns all inputs. An emptied one is an empty text, which the Teams simulator leaves out. */
  inputs() {
    const all = this.card.getAllInputs().filter((/** @type {any} */ input) => input.id);
    return Object.fromEntries(
      all.map((/** @type {any} */ input) => [input.id, input.isSet() ? String(input.value) : '']),
    );
  }

  /** Shows that an answer is pending: buttons are disabled, and the clicked one shows a spinner. */
  pend(/** @type {HTMLElement | undefined} */ clicked) {
    this.element.setAttribute('aria-busy', 'true');
    for (const button of this.element.querySelectorAll('button')) button.disabled = true;
    clicked?.classList.add('pending');
  }

  settle() {
    this.element.removeAttribute('aria-busy');
    for (const button of this.element.querySelectorAll('button')) {
      button.disabled = false;
      button.classList.remove('pending');
    }
  }
}
