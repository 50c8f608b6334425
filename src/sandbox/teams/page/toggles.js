// @ts-check

/**
 * Rows that expand a part of a card. The renderer doesn't announce the part's state.
 * @typedef {{ getJsonTypeName: () => string, targetElements?: Record<string, unknown>, renderedElement?: HTMLElement, parent?: { renderedElement?: HTMLElement } }} CardAction
 * @typedef {{ getAllActions: () => CardAction[], getElementById: (id: string) => { isVisible: boolean } | undefined }} DrawnCard
 */

/** Sets the expanded state of each row. Call it after rendering and after each toggle. */
export function tendToggles(/** @type {DrawnCard} */ card) {
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
