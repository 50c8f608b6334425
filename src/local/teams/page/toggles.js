// @ts-check

/**
 * Buttons that unfold a part of a card: the renderer leaves them as they are, whether the part shows or not.
 * @typedef {{ getJsonTypeName: () => string, title?: string, targetElements?: Record<string, unknown>, renderedElement?: HTMLElement, parent?: { renderedElement?: HTMLElement } }} CardAction
 * @typedef {{ getAllActions: () => CardAction[], getElementById: (id: string) => { isVisible: boolean } | undefined }} DrawnCard
 */

/** `Details ▾` is `Hide details ▴` while they show. */
function titleOpen(/** @type {string} */ title) {
  const words = title.replace(/ ?▾$/, '').replace(/^Show /, '');
  return `Hide ${words.charAt(0).toLowerCase()}${words.slice(1)} ▴`;
}

/** Says on each of them whether its part shows. To be called once the card is drawn, and whenever something was toggled. */
export function tendToggles(/** @type {DrawnCard} */ card) {
  for (const action of card.getAllActions()) {
    const { title = '' } = action;
    // What is a button as a whole, such as a row, is drawn by the element and not by the action.
    const button = action.renderedElement ?? action.parent?.renderedElement;
    if (action.getJsonTypeName() !== 'Action.ToggleVisibility' || button === undefined) continue;
    const [first] = Object.keys(action.targetElements ?? {});
    const target = first === undefined ? undefined : card.getElementById(first);
    if (target === undefined) continue;
    button.setAttribute('aria-expanded', String(target.isVisible));
    // Its words say what it is for; the renderer hides them behind the action's title.
    if (action.renderedElement === undefined) button.removeAttribute('aria-label');
    const shown = [...button.querySelectorAll('div')].find(
      (part) => part.dataset.title === title || part.textContent === title,
    );
    if (shown === undefined) continue;
    shown.dataset.title = title;
    shown.textContent = target.isVisible ? titleOpen(title) : title;
    button.setAttribute('aria-label', shown.textContent);
  }
}
