import type { Person } from './api.ts';
import { avatar, fill, make } from './dom.ts';

export type Entry = { title: string; description: string; insert: string };

let menus = 0;

/** The menu of a compose box while a command or a mention is typed. */
class CommandMenu {
  element = make('div', { class: 'menu', role: 'listbox', id: `commands-${++menus}`, 'aria-label': 'Commands' });
  footer = make('div', { class: 'keys', 'aria-hidden': 'true' }, '↑ ↓ to choose, Enter to take, Esc to close');
  frame = make('div', { class: 'menu-frame', hidden: true }, this.element, this.footer);
  box: HTMLInputElement;
  entries: () => Entry[];
  shown: Entry[] = [];
  marked = 0;
  dismissedFor = '';

  constructor(box: HTMLInputElement, entries: () => Entry[]) {
    this.box = box;
    this.entries = entries;
    box.setAttribute('aria-controls', this.element.id);
  }

  get isOpen() {
    return !this.frame.hidden;
  }

  /** Updates the menu from the text: commands after an initial `/`, the bot after an initial `@`. */
  follow() {
    const text = this.box.value;
    const fits = (entry: Entry) => entry.title.toLowerCase().startsWith(text.toLowerCase());
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

  option(entry: Entry, index: number) {
    return make(
      'div',
      {
        role: 'option',
        id: `${this.element.id}-${index}`,
        'data-command': entry.title,
        'aria-selected': String(index === this.marked),
        onmousedown: (event: Event) => event.preventDefault(),
        onclick: () => this.take(entry),
      },
      make('code', {}, entry.title),
      make('span', {}, entry.description),
    );
  }

  take(entry: Entry) {
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
  key(key: string) {
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

interface ComposeOptions {
  /** The author. */
  person: Person;
  /** For screen readers. */
  label: string;
  placeholder: string;
  entries: () => Entry[];
  /** Unsent text, and what stores it. */
  draft: string;
  keep: (text: string) => void;
  send: (text: string) => Promise<void>;
}

/** A compose box with the command menu, framed in the author's color. */
export function composer(options: ComposeOptions) {
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
    { class: 'box', onsubmit: (event: Event) => void submit(event, box, menu, problem, options) },
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

async function submit(
  event: Event,
  box: HTMLInputElement,
  menu: CommandMenu,
  problem: HTMLElement,
  options: ComposeOptions,
) {
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

/** The end of a thread: a button that opens a reply box. `draft` is stored while the box is open. */
export function replyBox(
  label: string,
  options: (draft: string) => ComposeOptions,
  draft: { get: () => string | undefined; set: (text: string | undefined) => void },
) {
  const element = make('div', { class: 'reply-box' });
  const closed = () => {
    draft.set(undefined);
    const open = { class: 'link', 'data-reply': true, 'aria-label': label, onclick: () => opened('', true) };
    element.replaceChildren(make('button', open, 'Reply'));
  };
  const opened = (text: string, focus: boolean) => {
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
