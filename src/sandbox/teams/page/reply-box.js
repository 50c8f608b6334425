// @ts-check
import { composer } from './composer.js';
import { make } from './dom.js';

/**
 * The foot of a thread: a button that opens a box to reply in.
 * @param {string} label
 * @param {(draft: string) => import('./composer.js').ComposeOptions} options
 * @param {{ get: () => string | undefined, set: (text: string | undefined) => void }} draft kept while the box is open
 */
export function replyBox(label, options, draft) {
  const element = make('div', { class: 'reply-box' });
  const closed = () => {
    draft.set(undefined);
    const open = make(
      'button',
      { class: 'link', 'data-reply': true, 'aria-label': label, onclick: () => opened('', true) },
      'Reply',
    );
    element.replaceChildren(open);
  };
  const opened = (/** @type {string} */ text, /** @type {boolean} */ focus) => {
    draft.set(text);
    const { element: box, box: input } = composer(options(text));
    element.replaceChildren(box);
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented && input.value === '') {
        closed();
        element.querySelector('button')?.focus();
      }
    });
    if (focus) input.focus();
  };
  const kept = draft.get();
  if (kept === undefined) closed();
  else opened(kept, false);
  return element;
}
