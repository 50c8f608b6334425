// @ts-check

/**
 * Buttons that unfold a part of a card: the renderer leaves them as they are, whether the part shows or not.
 * @typedef {{ getJsonTypeName: () => string, title?: string, targetElements?: Record<string, unknown>, renderedElement?: HTMLElement, parent?: { renderedElement?: HTMLElement } }} CardAction
 * @typedef {{ getAllActions: () => CardAction[], getElementById: (id: string) => { isVisible: boolean } | undefined }} DrawnCard
 */

const closedMark = / ?▾$/;

/** `Details ▾` is `Hide details ▴` while they show. */
function titleOpen(/** @type {string} */ title) {
  const words = title.replace(closedMark, '').replace(/^Show /, '');
  return `Hide ${words.charAt(0).toLowerCase()}${words.slice(1)} ▴`;
}

/** The words that tell whether the part shows: of a button its title, of a row the text that ends with the mark. */
function wordsOf(/** @type {HTMLElement} */ button, /** @type {string | undefined} */ title) {
  const parts = [...button.querySelectorAll(title === undefined ? '.ac-textBlock' : 'div')];
  return parts.find(
    (part) =>
      part instanceof HTMLElement &&
      (part.dataset.title !== undefined ||
        (title === undefined ? closedMark.test(part.textContent ?? '') : part.textContent === title)),
  );
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
    const isRow = action.renderedElement === undefined;
    const shown = wordsOf(button, isRow ? undefined : title);
    if (!(shown instanceof HTMLElement)) continue;
    shown.dataset.title ??= shown.textContent ?? '';
    const closed = shown.dataset.title;
    shown.textContent = target.isVisible ? (isRow ? 'Hide ▴' : titleOpen(closed)) : closed;
    if (!isRow) button.setAttribute('aria-label', shown.textContent);
  }
}
