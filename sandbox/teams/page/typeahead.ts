import { announce, fill, make } from './dom.ts';

const { AdaptiveCards } = window;

export type Choice = { title: string; value: string };
export type Search = (inputId: string, query: string) => Promise<Choice[]>;

const shownChoices = 15;
const debounceMs = 250;

/** Search functions of a card's inputs, set by the code that renders the card. */
const searches = new WeakMap<object, Search>();

export const searchWith = (card: object, search: Search) => searches.set(card, search);

/**
 * The filtered choice set as in Teams. The renderer's own shows a preset's value instead of its title, hides results whose title
 * doesn't contain the query, and has no roles for screen readers.
 */
class FilteredChoices extends AdaptiveCards.ChoiceSetInput {
  found: Choice[] = [];
  taken: Choice | undefined = undefined;
  box: HTMLInputElement | undefined = undefined;
  list: HTMLElement | undefined = undefined;
  marked = -1;
  asked = 0;
  timer = 0;

  get isFiltered() {
    return this.style === 'filtered' && !this.isMultiSelect;
  }

  internalRender() {
    if (!this.isFiltered) return super.internalRender();
    const listId = `${this.id}-choices-${Math.random().toString(36).slice(2)}`;
    this.box = make('input', {
      class: 'ac-input ac-choiceSetInput-filtered-textbox',
      type: 'text',
      role: 'combobox',
      autocomplete: 'off',
      'aria-expanded': 'false',
      'aria-autocomplete': 'list',
      'aria-controls': listId,
      'data-input': this.id,
      placeholder: this.placeholder ?? '',
      oninput: () => this.typed(),
      onfocus: () => this.box?.select(),
      onclick: () => this.offer(this.known()),
      onkeydown: (event: KeyboardEvent) => this.key(event),
      onblur: () => this.close(),
    });
    this.list = make('div', { class: 'ac-choiceSetInput-filtered-dropdown', role: 'listbox', id: listId });
    this.list.setAttribute('aria-label', this.label ?? this.placeholder ?? 'Choices');
    this.take(
      this.known().find((choice) => choice.value === this.defaultValue),
      this.defaultValue ?? '',
    );
    return make('div', { class: 'ac-choiceSetInput-filtered-container' }, this.box, this.list);
  }

  known(): Choice[] {
    return this.choices.map(({ title = '', value = '' }) => ({ title, value }));
  }

  /** Selects a choice, or sets free text, which is sent to the bot unchanged. */
  take(choice: Choice | undefined, text: string) {
    this.taken = choice;
    if (this.box !== undefined) this.box.value = choice?.title ?? text;
  }

  typed() {
    const query = this.box?.value.trim() ?? '';
    this.taken = [...this.found, ...this.known()].find((choice) => choice.title === query);
    this.valueChanged();
    this.offer(this.known().filter((choice) => choice.title.toLowerCase().includes(query.toLowerCase())));
    clearTimeout(this.timer);
    if (query !== '' && this.isDynamicTypeahead()) this.timer = window.setTimeout(() => this.ask(query), debounceMs);
  }

  async ask(query: string) {
    const turn = ++this.asked;
    this.status('Looking …');
    try {
      const found = (await searches.get(this.getRootElement())?.(this.id ?? '', query)) ?? [];
      if (turn !== this.asked || document.activeElement !== this.box) return;
      this.found = found.slice(0, shownChoices);
      this.offer(this.found);
      if (this.found.length === 0) this.status('Nothing found');
      announce(this.found.length === 0 ? 'Nothing found' : `${this.found.length} found`);
    } catch {
      if (turn === this.asked) this.status('The choices could not be loaded');
    }
  }

  offer(choices: Choice[]) {
    const { box, list } = this;
    if (box === undefined || list === undefined) return;
    this.marked = -1;
    box.removeAttribute('aria-activedescendant');
    fill(list, ...choices.slice(0, shownChoices).map((choice, index) => this.option(choice, index)));
    this.open(choices.length > 0);
  }

  option(choice: Choice, index: number) {
    return make(
      'div',
      {
        class: 'ac-choiceSetInput-choice',
        role: 'option',
        id: `${this.list?.id}-${index}`,
        'data-value': choice.value,
        'aria-selected': 'false',
        onmousedown: (event: Event) => event.preventDefault(),
        onclick: () => this.choose(choice),
      },
      ...emphasised(choice.title, this.box?.value.trim() ?? ''),
    );
  }

  choose(choice: Choice) {
    this.take(choice, '');
    this.close();
    this.valueChanged();
  }

  status(text: string) {
    this.list?.querySelector('.ac-choiceSetInput-statusIndicator')?.remove();
    this.list?.append(make('div', { class: 'ac-choiceSetInput-statusIndicator', role: 'presentation' }, text));
    this.open(true);
  }

  open(wanted: boolean) {
    this.list?.classList.toggle('ac-choiceSetInput-filtered-dropdown-open', wanted);
    this.box?.setAttribute('aria-expanded', String(wanted));
    // The message box must not cover it.
    if (wanted) this.list?.scrollIntoView({ block: 'nearest' });
  }

  close() {
    this.asked += 1;
    clearTimeout(this.timer);
    this.open(false);
  }

  key(event: KeyboardEvent) {
    const options = [...(this.list?.querySelectorAll('[role=option]') ?? [])];
    const isOpen = this.box?.getAttribute('aria-expanded') === 'true';
    if (event.key === 'Escape' && isOpen) this.close();
    else if (event.key === 'Enter' && isOpen && this.marked >= 0) (options[this.marked] as HTMLElement).click();
    else if (event.key === 'ArrowDown' && !isOpen) this.offer(this.known());
    else if (event.key === 'ArrowDown') this.mark(options, (this.marked + 1) % options.length);
    else if (event.key === 'ArrowUp' && isOpen)
      this.mark(options, this.marked <= 0 ? options.length - 1 : this.marked - 1);
    else return;
    event.preventDefault();
  }

  mark(options: Element[], index: number) {
    this.marked = index;
    options.forEach((option, at) => {
      option.classList.toggle('ac-choiceSetInput-choice-highlighted', at === index);
      option.setAttribute('aria-selected', String(at === index));
    });
    options[index]?.scrollIntoView({ block: 'nearest' });
    this.box?.setAttribute('aria-activedescendant', options[index]?.id ?? '');
  }

  get value() {
    if (!this.isFiltered || this.box === undefined) return super.value;
    return this.taken?.value ?? this.box.value.trim();
  }

  /** The selected or typed value, for `restore` after the card is rendered again. */
  kept() {
    return this.isFiltered ? { choice: this.taken, text: this.box?.value ?? '' } : undefined;
  }

  restore({ choice, text }: { choice: Choice | undefined; text: string }) {
    if (choice !== undefined) this.found = [choice];
    this.take(choice, text);
  }

  isSet() {
    return this.isFiltered ? this.value !== '' : super.isSet();
  }

  isValid() {
    return this.isFiltered || super.isValid();
  }

  focus() {
    if (this.isFiltered) this.box?.focus();
    else super.focus();
  }

  updateInputControlAriaLabelledBy() {
    if (!this.isFiltered) super.updateInputControlAriaLabelledBy();
    else if (this.getAllLabelIds().length > 0)
      this.box?.setAttribute('aria-labelledby', this.getAllLabelIds().join(' '));
    else this.box?.setAttribute('aria-label', this.placeholder ?? this.id ?? '');
  }

  showValidationFailureCue() {
    if (this.isFiltered) this.box?.classList.add('ac-input-validation-failed');
    else super.showValidationFailureCue();
  }

  removeValidationFailureCue() {
    this.box?.classList.remove('ac-input-validation-failed');
    super.removeValidationFailureCue();
  }
}

/** Returns the title with the typed part in bold. */
function emphasised(title: string, query: string) {
  const at = query === '' ? -1 : title.toLowerCase().indexOf(query.toLowerCase());
  if (at < 0) return [title];
  const end = at + query.length;
  return [title.slice(0, at), make('b', {}, title.slice(at, end)), title.slice(end)];
}

/** Makes the card renderer use it for every choice set. */
export function teachTypeahead() {
  AdaptiveCards.GlobalRegistry.elements.register('Input.ChoiceSet', FilteredChoices, AdaptiveCards.Versions.v1_0);
}
