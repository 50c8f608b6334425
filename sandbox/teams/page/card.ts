/** An Adaptive Card on the page, drawn as Teams draws it. */

import type { Action, AdaptiveCard } from 'adaptivecards';
import { announce } from './dom.ts';
import { addList, type Filtered, type Search } from './filtered-choices.ts';
import { hostConfig } from './host-config.ts';
import { drawNewerElements } from './newer-elements.ts';
import {
  collect,
  type Drawn,
  drawnOf,
  focusIn,
  foldIdsOf,
  isToggle,
  textIn,
  toRender,
  type Unsent,
} from './unsent-input.ts';

const host = new AdaptiveCards.HostConfig(hostConfig);
drawNewerElements();

export type Clicked = { type: string; verb: string; data: unknown; inputs: Record<string, string> };
type CardUse = { click: (clicked: Clicked) => Promise<void>; search: Search };

/** Announces which parts of the card are expanded. Call it after rendering and after each toggle. */
function tendToggles(card: AdaptiveCard) {
  // The renderer sets the state on the parts, where it isn't allowed.
  for (const id of foldIdsOf(card)) card.getElementById(id)?.renderedElement?.removeAttribute('aria-expanded');
  for (const action of card.getAllActions()) {
    // For a clickable element, such as a row, the element itself is the button.
    const button = action.renderedElement ?? action.parent?.renderedElement;
    if (!isToggle(action) || button === undefined) continue;
    const [first] = Object.keys(action.targetElements);
    const target = first === undefined ? undefined : card.getElementById(first);
    if (target === undefined) continue;
    button.setAttribute('aria-expanded', String(target.isVisible));
    // Its text describes it, but the renderer's label hides the text.
    if (action.renderedElement === undefined) button.removeAttribute('aria-label');
  }
}

/** Returns all inputs. An emptied one is an empty text, which the Teams simulator leaves out. */
function sentInputs(card: AdaptiveCard, filtered: ReadonlyMap<string, Filtered>): Record<string, string> {
  const sent = (id: string, text: string) =>
    filtered.get(id)?.offered.find(({ title }) => title === text.trim())?.value ?? text;
  return Object.fromEntries(
    card
      .getAllInputs()
      .flatMap((input) => (input.id ? [[input.id, input.isSet() ? sent(input.id, textIn(input)) : '']] : [])),
  );
}

/** One Adaptive Card on the page; `show` renders another one in its place. */
export class ShownCard {
  element: HTMLElement;
  use: CardUse;
  card: AdaptiveCard | undefined = undefined;
  drawn = '';
  shown: Drawn = { values: new Map(), folds: new Map() };
  unsent: Unsent = { values: new Map(), visible: new Map() };
  filtered = new Map<string, Filtered>();
  isPending = false;
  /** A button of the card had the focus and was removed or disabled by the answer. */
  isFocusDue = false;

  constructor(element: HTMLElement, use: CardUse) {
    this.element = element;
    this.use = use;
  }

  /** Renders the card if it changed, with the person's input. With `isFresh`, the answer to a click, in its initial state. */
  show(payload: unknown, isFresh: boolean) {
    const json = JSON.stringify(payload);
    if (json === this.drawn) return;
    if (isFresh) this.unsent = { values: new Map(), visible: new Map() };
    else if (this.card !== undefined) collect(this.card, this.shown, this.unsent);
    const focus = this.card === undefined || isFresh ? undefined : focusIn(this.card);
    this.drawn = json;
    const card = this.parse(toRender(payload, this.unsent, this.filtered));
    this.card = card;
    this.element.replaceChildren(card.render() ?? document.createTextNode('This card cannot be shown.'));
    for (const input of card.getAllInputs()) {
      const known = this.filtered.get(input.id ?? '');
      if (known !== undefined) addList(input, known, this.use.search);
    }
    this.shown = drawnOf(card);
    this.element.removeAttribute('aria-busy');
    focus?.(card);
    tendToggles(card);
    if (isFresh && this.isFocusDue) this.focusFirst();
    if (this.isPending) this.pend(undefined);
  }

  parse(payload: unknown) {
    const card = new AdaptiveCards.AdaptiveCard();
    card.hostConfig = host;
    card.parse(payload, new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.latest));
    card.onExecuteAction = (action) => void this.execute(card, action);
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
      await this.use.click({ type, verb, data, inputs: sentInputs(card, this.filtered) });
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
