import type { Action, AdaptiveCard } from 'adaptivecards';
import { foldsOf, recall, remember, valuesOf } from './card-memory.ts';
import { announce } from './dom.ts';
import { hostConfig } from './host-config.ts';
import { drawNewerElements } from './newer-elements.ts';
import { type Search, searchWith } from './typeahead.ts';

const { AdaptiveCards } = window;
const host = new AdaptiveCards.HostConfig(hostConfig);
drawNewerElements();

export type Clicked = { type: string; verb: string; data: unknown; inputs: Record<string, string> };
type CardUse = { click: (clicked: Clicked) => Promise<void>; search: Search };

/**
 * Sets the expanded state of each row that expands a part of a card, because the renderer doesn't announce it. Call it after
 * rendering and after each toggle.
 */
function tendToggles(card: AdaptiveCard) {
  const actions = card.getAllActions();
  const targets = actions.flatMap((action) =>
    action instanceof AdaptiveCards.ToggleVisibilityAction ? Object.keys(action.targetElements) : [],
  );
  // The renderer sets the state on the parts, where it isn't allowed.
  for (const id of targets) card.getElementById(id)?.renderedElement?.removeAttribute('aria-expanded');
  for (const action of actions) {
    // For a clickable element, such as a row, the element itself is the button.
    const button = action.renderedElement ?? action.parent?.renderedElement;
    if (!(action instanceof AdaptiveCards.ToggleVisibilityAction) || button === undefined) continue;
    const [first] = Object.keys(action.targetElements);
    const target = first === undefined ? undefined : card.getElementById(first);
    if (target === undefined) continue;
    button.setAttribute('aria-expanded', String(target.isVisible));
    // Its text describes it, but the renderer's label hides the text.
    if (action.renderedElement === undefined) button.removeAttribute('aria-label');
  }
}

/** Returns all inputs. An emptied one is an empty text, which the Teams simulator leaves out. */
const inputsOf = (card: AdaptiveCard): Record<string, string> =>
  Object.fromEntries(
    card.getAllInputs().flatMap((input) => (input.id ? [[input.id, input.isSet() ? String(input.value) : '']] : [])),
  );

/** One Adaptive Card on the page; `show` renders another one in its place. */
export class ShownCard {
  element: HTMLElement;
  use: CardUse;
  card: AdaptiveCard | undefined = undefined;
  drawn = '';
  values = new Map<string, string>();
  folds = new Map<string, boolean>();
  isPending = false;
  /** A button of the card had the focus and was removed or disabled by the answer. */
  isFocusDue = false;

  constructor(element: HTMLElement, use: CardUse) {
    this.element = element;
    this.use = use;
  }

  /**
   * Renders the card if it changed. Typed values and expanded parts remain, except with `isFresh`: the answer to the person's own click
   * is shown in its initial state.
   */
  show(payload: unknown, isFresh: boolean) {
    const json = JSON.stringify(payload);
    if (json === this.drawn) return;
    const memory = this.card === undefined || isFresh ? undefined : remember(this.card, this.values, this.folds);
    this.drawn = json;
    const card = this.parse(payload);
    this.card = card;
    const rendered = card.render();
    this.values = valuesOf(card);
    this.folds = foldsOf(card, payload);
    this.element.replaceChildren(rendered ?? document.createTextNode('This card cannot be shown.'));
    this.element.removeAttribute('aria-busy');
    if (memory !== undefined) recall(card, memory);
    tendToggles(card);
    if (isFresh && this.isFocusDue) this.focusFirst();
    if (this.isPending) this.pend(undefined);
  }

  parse(payload: unknown) {
    const card = new AdaptiveCards.AdaptiveCard();
    card.hostConfig = host;
    // The renderer requires version 1.6 for `choices.data`, Teams accepts it in 1.5.
    card.parse(payload, new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.latest));
    card.onExecuteAction = (action) => void this.execute(card, action);
    searchWith(card, this.use.search);
    return card;
  }

  async execute(card: AdaptiveCard, action: Action) {
    const type = action.getJsonTypeName();
    if (type === 'Action.ToggleVisibility') queueMicrotask(() => tendToggles(card));
    if (action instanceof AdaptiveCards.OpenUrlAction) window.open(action.url, '_blank', 'noopener');
    if (type !== 'Action.Execute' && type !== 'Action.Submit') return;
    const { verb = '', data = {} } = action.toJSON() ?? {};
    this.isPending = true;
    this.isFocusDue = action.renderedElement?.contains(document.activeElement) === true;
    this.pend(action.renderedElement);
    announce('Sending');
    try {
      await this.use.click({ type, verb, data, inputs: inputsOf(card) });
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

  /** Shows that an answer is pending: buttons are disabled, and the clicked one shows a spinner. */
  pend(clicked: HTMLElement | undefined) {
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
