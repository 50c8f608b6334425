// @ts-check
import { fill, make } from './dom.js';

/** @typedef {{ title: string, description: string, insert: string }} Entry */

let menus = 0;

/** The menu of a compose box while a command or a mention is typed. */
export class CommandMenu {
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
