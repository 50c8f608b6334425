// @ts-check
import { avatar, fill, make } from './dom.js';

/** @typedef {{ title: string, description: string, insert: string }} Entry */

let menus = 0;

/** The menu of a compose box while a command or a mention is typed. */
class CommandMenu {
  /** @type {Entry[]} */ shown = [];
  marked = 0;
  dismissedFor = '';

  /**
   * @param {HTMLInputElement} box
   * @param {() => Entry[]} entries
   */
  constructor(box, entries) {
    this.box = box;
    this.entries = entries;
    this.element = make('div', { class: 'menu', role: 'listbox', id: `commands-${++menus}`, 'aria-label': 'Commands' });
    this.footer = make('div', { class: 'keys', 'aria-hidden': 'true' }, '↑ ↓ to choose, Enter to take, Esc to close');
    this.frame = make('div', { class: 'menu-frame', hidden: true }, this.element, this.footer);
    box.setAttribute('aria-controls', this.element.id);
  }

  get isOpen() {
    return !this.frame.hidden;
  }

  /** Updates the menu from the text: commands after an initial `/`, the bot after an initial `@`. */
  follow() {
    const text = this.box.value;
    const fits = (/** @type {Entry} */ entry) => entry.title.toLowerCase().startsWith(text.toLowerCase());
    this.shown = /^[/@]/.test(text) && text !== this.dismissedFor ? this.entries().filter(fits) : [];
    const isComplete = this.shown.length === 1 && this.shown[0]?.insert.trim() === text.trim();
    if (isComplete) this.shown = [];
    this.marked = 0;
    this.draw();
  }

  draw() {
    const isOpen = this.shown.length > 0;
    this.frame.hidden = !isOpen;
    this.box.setAttribute('aria-expanded', String(isOpen));
    fill(this.element, ...this.shown.map((entry, index) => this.option(entry, index)));
    if (isOpen) this.box.setAttribute('aria-activedescendant', `${this.element.id}-${this.marked}`);
    else this.box.removeAttribute('aria-activedescendant');
    this.element.children[this.marked]?.scrollIntoView({ block: 'nearest' });
  }

  option(/** @type {Entry} */ entry, /** @type {number} */ index) {
    return make(
      'div',
      {
        role: 'option',
        id: `${this.element.id}-${index}`,
        'data-command': entry.title,
        'aria-selected': String(index === this.marked),
        onmousedown: (/** @type {Event} */ event) => event.preventDefault(),
        onclick: () => this.take(entry),
      },
      make('code', {}, entry.title),
      make('span', {}, entry.description),
    );
  }

  take(/** @type {Entry} */ entry) {
    this.box.value = entry.insert;
    this.close();
    this.box.focus();
  }

  close() {
    this.dismissedFor = this.box.value;
    this.shown = [];
    this.draw();
  }

  /** Returns true if the menu handled the key. */
  key(/** @type {string} */ key) {
    const entry = this.shown[this.marked];
    if (!this.isOpen || entry === undefined) return false;
    if (key === 'ArrowDown') this.marked = (this.marked + 1) % this.shown.length;
    else if (key === 'ArrowUp') this.marked = (this.marked + this.shown.length - 1) % this.shown.length;
    else if (key === 'Escape') this.close();
    else if ((key === 'Enter' && entry.insert.trim() !== this.box.value.trim()) || key === 'Tab') this.take(entry);
    else return false;
    if (this.isOpen) this.draw();
    return true;
  }
}

/**
 * @typedef {object} ComposeOptions
 * @property {import('./api.js').Person} person the author
 * @property {string} label for screen readers
 * @property {string} placeholder
 * @property {() => Entry[]} entries
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
