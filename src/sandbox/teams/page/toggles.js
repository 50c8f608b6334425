// @ts-check

/**
 * Rows that unfold a part of a card: the renderer doesn't say whether the part shows.
 * @typedef {{ getJsonTypeName: () => string, targetElements?: Record<string, unknown>, renderedElement?: HTMLElement, parent?: { renderedElement?: HTMLElement } }} CardAction
 * @typedef {{ getAllActions: () => CardAction[], getElementById: (id: string) => { isVisible: boolean } | undefined }} DrawnCard
 */

/** Says on each of them whether its part shows. To be called once the card is drawn, and whenever something was toggled. */
export function tendToggles(/** @type {DrawnCard} */ card) {
  for (const action of card.getAllActions()) {
    // What is a button as a whole, such as a row, is drawn by the element and not by the action.
    const button = action.renderedElement ?? action.parent?.renderedElement;
    if (action.getJsonTypeName() !== 'Action.ToggleVisibility' || button === undefined) continue;
    const [first] = Object.keys(action.targetElements ?? {});
    const target = first === undefined ? undefined : card.getElementById(first);
    if (target === undefined) continue;
    button.setAttribute('aria-expanded', String(target.isVisible));
    // Its words say what it is for; the renderer hides them behind the action's title.
    if (action.renderedElement === undefined) button.removeAttribute('aria-label');
  }
}
