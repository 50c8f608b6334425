// @ts-check

import { CommandMenu } from './command-menu.js';
import { avatar, make } from './dom.js';

/**
 * @typedef {object} ComposeOptions
 * @property {import('./api.js').Person} person the author
 * @property {string} label for screen readers
 * @property {string} placeholder
 * @property {() => import('./command-menu.js').Entry[]} entries
 * @property {string} draft unsent text
 * @property {(text: string) => void} keep stores the draft
 * @property {(text: string) => Promise<void>} send
 */

/** A compose box with the command menu, framed in the author's color. */
export function composer(/** @type {ComposeOptions} */ options) {
  const box = make('input', {
    type: 'text',
    role: 'combobox',
    autocomplete: 'off',
    maxlength: '28000',
    'aria-label': options.label,
    'aria-expanded': 'false',
    'aria-autocomplete': 'list',
    placeholder: options.placeholder,
    'data-compose': true,
  });
  box.value = options.draft;
  const menu = new CommandMenu(box, options.entries);
  const problem = make('p', { class: 'problem', role: 'alert' });
  const send = make('button', { class: 'send', type: 'submit' }, 'Send');
  const element = make(
    'form',
    { class: 'box', onsubmit: (/** @type {Event} */ event) => void submit(event, box, menu, problem, options) },
    avatar(options.person),
    box,
    send,
  );
  const follow = () => {
    options.keep(box.value);
    box.classList.toggle('is-command', box.value.startsWith('/'));
    menu.follow();
  };
  box.addEventListener('input', follow);
  box.addEventListener('blur', () => menu.close());
  box.addEventListener('keydown', (event) => {
    if (menu.key(event.key)) {
      event.preventDefault();
      options.keep(box.value);
    }
  });
  return { element: make('div', { class: 'composer' }, menu.frame, element, problem), box };
}

/**
 * @param {Event} event
 * @param {HTMLInputElement} box
 * @param {CommandMenu} menu
 * @param {HTMLElement} problem
 * @param {ComposeOptions} options
 */
async function submit(event, box, menu, problem, options) {
  event.preventDefault();
  const text = box.value.trim();
  if (text === '') return;
  menu.close();
  problem.textContent = '';
  box.value = '';
  box.classList.remove('is-command');
  options.keep('');
  try {
    await options.send(text);
  } catch (error) {
    if (box.value === '') box.value = text;
    options.keep(box.value);
    problem.textContent = `Not sent. ${error instanceof Error ? error.message : ''}`;
  }
}

/**
 * The end of a thread: a button that opens a reply box.
 * @param {string} label
 * @param {(draft: string) => ComposeOptions} options
 * @param {{ get: () => string | undefined, set: (text: string | undefined) => void }} draft stored while the box is open
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
