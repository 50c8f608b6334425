/** An Adaptive Card on the page, drawn as Teams draws it. */
import type { Action, AdaptiveCard, Input, SerializationContext } from 'adaptivecards';
import type { Json } from './api.ts';
import { announce, draw, fill, make } from './dom.ts';

// Unsent input of a person. It must survive an update of the card by the bot.

type Drawn = { values: Map<string, string>; folds: Map<string, boolean> };
type Unsent = { values: Map<string, string>; visible: Map<string, boolean> };

const isToggle = (action: Action) => action instanceof AdaptiveCards.ToggleVisibilityAction;

/** Returns the IDs of what a card can expand and collapse. */
const foldIdsOf = (card: AdaptiveCard) =>
  card.getAllActions().flatMap((action) => (isToggle(action) ? Object.keys(action.targetElements) : []));

const textIn = (input: Input) => String(input.value ?? '');

/** Returns what a newly rendered card shows. */
const drawnOf = (card: AdaptiveCard): Drawn => ({
  values: new Map(card.getAllInputs().map((input) => [input.id ?? '', textIn(input)])),
  folds: new Map(foldIdsOf(card).map((id) => [id, card.getElementById(id)?.isVisible ?? true])),
});

/** Adds what a person changed since the card was rendered. */
function collect(card: AdaptiveCard, drawn: Drawn, { values, visible }: Unsent) {
  for (const input of card.getAllInputs()) {
    const id = input.id ?? '';
    const value = textIn(input);
    if (value !== drawn.values.get(id)) values.set(id, value);
  }
  for (const [id, isVisible] of drawnOf(card).folds) if (isVisible !== drawn.folds.get(id)) visible.set(id, isVisible);
}

/** Returns the card as it is rendered: with the person's values and expanded parts. */
function toRender(node: unknown, unsent: Unsent, filtered: Map<string, Filtered>): unknown {
  if (Array.isArray(node)) return node.map((one) => toRender(one, unsent, filtered));
  if (typeof node !== 'object' || node === null) return node;
  const copy: Json = Object.fromEntries(
    Object.entries(node).map(([name, one]) => [name, toRender(one, unsent, filtered)]),
  );
  if (typeof copy.type !== 'string') return copy;
  if (unsent.visible.has(copy.id)) copy.isVisible = unsent.visible.get(copy.id);
  if (!copy.type.startsWith('Input.')) return copy;
  const isFiltered = copy.style === 'filtered' && copy.isMultiSelect !== true;
  const input = isFiltered ? asText(copy, filtered) : copy;
  return { ...input, ...(unsent.values.has(copy.id) ? { value: unsent.values.get(copy.id) } : {}) };
}

/** Returns a function that sets the focus and the cursor again in another rendering of the card. */
function focusIn(card: AdaptiveCard): ((again: AdaptiveCard) => void) | undefined {
  const active = document.activeElement;
  const input = card.getAllInputs().find(({ renderedElement }) => renderedElement?.contains(active));
  if (input === undefined) return undefined;
  const isText =
    active instanceof HTMLTextAreaElement || (active instanceof HTMLInputElement && active.type === 'text');
  const [start, end] = isText ? [active.selectionStart, active.selectionEnd] : [null, null];
  return (again) => {
    const { renderedElement } = again.getAllInputs().find(({ id }) => id === input.id) ?? {};
    const control = renderedElement?.querySelector<HTMLInputElement>('input, textarea, select');
    control?.focus({ preventScroll: true });
    if (isText) control?.setSelectionRange(start, end);
  };
}

// Teams' published fonts, sizes and spacing. Colors are CSS variables of the page, so that a theme change doesn't
// need to render cards again.

/** The page's font: the last name before the generic one has glyphs that many fonts on Linux lack. */
const sans = 'var(--sans)';
const mono = 'var(--mono)';
const weights = { lighter: 400, default: 400, bolder: 600 };

const plain = (name: string) => ({ default: `var(--${name})`, subtle: `var(--${name})` });

const foregroundColors = {
  default: { default: 'var(--text)', subtle: 'var(--subtle)' },
  dark: { default: 'var(--text)', subtle: 'var(--subtle)' },
  light: plain('surface'),
  accent: plain('accent'),
  good: plain('good'),
  warning: plain('warning'),
  attention: plain('attention'),
};

const container = (background: string) => ({ backgroundColor: `var(--${background})`, foregroundColors });

const hostConfig = {
  fontTypes: {
    default: {
      fontFamily: sans,
      fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
      fontWeights: weights,
    },
    monospace: {
      fontFamily: mono,
      fontSizes: { small: 12, default: 13, medium: 13, large: 18, extraLarge: 24 },
      fontWeights: weights,
    },
  },
  lineHeights: { small: 16, default: 20, medium: 20, large: 24, extraLarge: 32 },
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: 'var(--line)' },
  imageSizes: { small: 32, medium: 52, large: 100 },
  containerStyles: {
    default: container('surface'),
    emphasis: container('inset'),
    accent: container('accent-bg'),
    good: container('good-bg'),
    warning: container('warning-bg'),
    attention: container('attention-bg'),
  },
  inputs: {
    label: {
      inputSpacing: 'Small',
      requiredInputs: { weight: 'Bolder', size: 'Default', color: 'Default', suffix: ' *', suffixColor: 'Attention' },
      optionalInputs: { weight: 'Bolder', size: 'Default', color: 'Default' },
    },
    errorMessage: { size: 'Small', color: 'Attention', weight: 'Bolder', spacing: 'Small' },
  },
  actions: {
    maxActions: 6,
    spacing: 'Default',
    buttonSpacing: 8,
    actionsOrientation: 'Horizontal',
    actionAlignment: 'Left',
    allowTitleToWrap: false,
    showCard: { actionMode: 'Inline', inlineTopMargin: 12, style: 'emphasis' },
    preExpandSingleShowCardAction: false,
  },
  adaptiveCard: { allowCustomStyle: false },
  factSet: {
    title: { size: 'Default', color: 'Default', isSubtle: true, weight: 'Default', wrap: true, maxWidth: 110 },
    value: { size: 'Default', color: 'Default', isSubtle: false, weight: 'Default', wrap: true },
    spacing: 12,
  },
  table: { cellSpacing: 8 },
  textBlock: { headingLevel: 2 },
  textStyles: {
    heading: { size: 'Large', weight: 'Bolder', color: 'Default', isSubtle: false, fontType: 'Default' },
    columnHeader: { size: 'Small', weight: 'Bolder', isSubtle: true, color: 'Default', fontType: 'Default' },
  },
};

// Renders elements that Teams supports and the open-source renderer doesn't, instead of their fallbacks.

// `Icon` and `Badge`, with simple shapes instead of Teams' icon catalog.

const disc = 'M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z';
const hole = 'M10 3.2a6.8 6.8 0 1 1 0 13.6 6.8 6.8 0 0 1 0-13.6Z';
const outline = disc + hole;

/** Paths in a square of 20; holes by the even-odd rule. */
const paths: Readonly<Record<string, string>> = {
  CheckmarkCircle: `${disc}M14.3 7.3 9 12.6 6.2 9.8l-.9.9L9 14.4l6.2-6.2-.9-.9Z`,
  ErrorCircle: `${disc}M9.2 5.5h1.6v6H9.2v-6Zm0 7.5h1.6v1.6H9.2V13Z`,
  DismissCircle: `${outline}M7.2 6.3 10 9.1l2.8-2.8.9.9L10.9 10l2.8 2.8-.9.9L10 10.9l-2.8 2.8-.9-.9L9.1 10 6.3 7.2l.9-.9Z`,
  SubtractCircle: `${outline}M6 9.4h8v1.2H6V9.4Z`,
  Circle: outline,
  Info: `${outline}M9.4 9h1.2v5H9.4V9Zm0-2.6h1.2v1.3H9.4V6.4Z`,
  Clock: `${disc}M9.2 5.5h1.3v4.3h3.2v1.3H9.2V5.5Z`,
  Warning: 'M10 2.2 1.4 17.4h17.2L10 2.2ZM9.3 7.2h1.5v5.2H9.3V7.2Zm0 6.5h1.5v1.5H9.3v-1.5Z',
  ArrowSync:
    'M10 3a7 7 0 0 1 5.9 3.2V4h1.3v4.6h-4.6V7.3h2.3A5.7 5.7 0 0 0 4.4 9.2l-1.3-.3A7 7 0 0 1 10 3ZM2.8 11.4h4.6v1.3H5.1a5.7 5.7 0 0 0 10.5-1.9l1.3.3A7 7 0 0 1 4.1 13.8V16H2.8v-4.6Z',
  ChevronDown: 'M4.2 7.2 10 13l5.8-5.8.9.9L10 14.8 3.3 8.1l.9-.9Z',
  ChevronUp: 'M4.2 12.8 10 7l5.8 5.8.9-.9L10 5.2l-6.7 6.7.9.9Z',
};

const iconSizes: Readonly<Record<string, number>> = { xxsmall: 12, xsmall: 14, small: 18, medium: 24, large: 32 };
const tones = ['default', 'accent', 'good', 'warning', 'attention'];

const lower = (value: unknown) => String(value ?? '').toLowerCase();
const toneOf = (value: unknown) => tones.find((one) => one === lower(value)) ?? 'default';

/** Only the shape, because adjacent text says the same. */
function shapeOf(name: unknown, size: number) {
  const path = draw('path', { 'fill-rule': 'evenodd', d: paths[String(name).split(',')[0] ?? ''] ?? outline });
  return draw('svg', { viewBox: '0 0 20 20', width: size, height: size, 'aria-hidden': 'true' }, path);
}

const icon = ({ name, size, color }: Json) =>
  make('span', { class: `icon ${toneOf(color)}` }, shapeOf(name, iconSizes[lower(size)] ?? 18));

const badge = ({ text, icon: name, style }: Json) =>
  make(
    'span',
    { class: `badge ${toneOf(style)}` },
    ...(name ? [shapeOf(name, 16)] : []),
    make('span', {}, String(text ?? '')),
  );

/** Without a value, how far it is isn't known. */
const progressBar = ({ value, max, color }: Json) => {
  const tone = toneOf(color) === 'default' ? 'accent' : toneOf(color);
  return make('progress', { class: `progress ${tone}`, 'aria-label': 'Progress', value, max: Number(max) || 100 });
};

const renderers: Readonly<Record<string, (source: Json) => HTMLElement>> = {
  Badge: badge,
  Icon: icon,
  ProgressBar: progressBar,
};

/** Registers these elements. */
function drawNewerElements() {
  const { CardElement, GlobalRegistry, Versions } = AdaptiveCards;
  for (const [type, render] of Object.entries(renderers)) {
    class Newer extends CardElement {
      source: Json = {};

      getJsonTypeName() {
        return type;
      }

      internalParse(source: Json, context: SerializationContext) {
        super.internalParse(source, context);
        this.source = source;
      }

      internalRender() {
        return render(this.source);
      }
    }
    GlobalRegistry.elements.register(type, Newer, Versions.v1_0);
  }
}

export type Choice = { title: string; value: string };
type Search = (inputId: string, query: string) => Promise<Choice[]>;
/** A filtered choice set: all choices that were offered, and whether the bot knows more. */
type Filtered = { offered: Choice[]; isDynamic: boolean };

/** Returns a filtered choice set as a text input whose text is a choice's title. Other text is sent to the bot unchanged. */
function asText(
  { choices = [], style: _, 'choices.data': query, ...input }: Json,
  filtered: Map<string, Filtered>,
): Json {
  const known = filtered.get(input.id)?.offered ?? [];
  filtered.set(input.id, { offered: [...choices, ...known], isDynamic: query !== undefined });
  const preset = choices.find(({ value }: Choice) => value === input.value)?.title;
  return { ...input, type: 'Input.Text', value: preset ?? input.value };
}

const debounceMs = 250;

/** Gives a filtered choice set the browser's own list. */
function addList({ id = '', renderedElement }: Input, known: Filtered, search: Search) {
  const box = renderedElement?.querySelector('input');
  if (!box) return;
  const list = make('datalist', { id: `choices-${crypto.randomUUID()}` });
  const offer = (choices: Choice[]) => {
    known.offered = [...choices, ...known.offered];
    fill(list, ...choices.map(({ title }) => make('option', { value: title })));
  };
  offer(known.offered);
  box.after(list);
  box.setAttribute('list', list.id);
  box.dataset.input = id;
  let timer = 0;
  box.addEventListener('focus', () => box.select());
  box.addEventListener('input', () => {
    clearTimeout(timer);
    const query = box.value.trim();
    if (query === '' || !known.isDynamic || known.offered.some(({ title }) => title === query)) return;
    timer = window.setTimeout(async () => {
      const found = await search(id, query).catch(() => []);
      if (query === box.value.trim()) offer(found);
    }, debounceMs);
  });
}

const host = new AdaptiveCards.HostConfig(hostConfig);
drawNewerElements();

export type Clicked = { type: string; verb: string; data: unknown; inputs: Record<string, string> };
type CardUse = { click: (clicked: Clicked) => Promise<void>; search: Search };

/** Announces which parts of the card are expanded. Call it after rendering and after each toggle. */
function tendToggles(card: AdaptiveCard) {
  // The renderer sets the state on the parts, where it isn't allowed.
  for (const id of foldIdsOf(card)) card.getElementById(id)?.renderedElement?.removeAttribute('aria-expanded');
  for (const action of card.getAllActions()) {
    // For a clickable element, such as a row, the element itself is the button.
    const button = action.renderedElement ?? action.parent?.renderedElement;
    if (!isToggle(action) || button === undefined) continue;
    const [first] = Object.keys(action.targetElements);
    const target = first === undefined ? undefined : card.getElementById(first);
    if (target === undefined) continue;
    button.setAttribute('aria-expanded', String(target.isVisible));
    // Its text describes it, but the renderer's label hides the text.
    if (action.renderedElement === undefined) button.removeAttribute('aria-label');
  }
}

/** Returns all inputs. An emptied one is an empty text, which the Teams simulator leaves out. */
function sentInputs(card: AdaptiveCard, filtered: ReadonlyMap<string, Filtered>): Record<string, string> {
  const sent = (id: string, text: string) =>
    filtered.get(id)?.offered.find(({ title }) => title === text.trim())?.value ?? text;
  return Object.fromEntries(
    card
      .getAllInputs()
      .flatMap((input) => (input.id ? [[input.id, input.isSet() ? sent(input.id, textIn(input)) : '']] : [])),
  );
}

/** One Adaptive Card on the page; `show` renders another one in its place. */
export class ShownCard {
  element: HTMLElement;
  use: CardUse;
  card: AdaptiveCard | undefined = undefined;
  drawn = '';
  shown: Drawn = { values: new Map(), folds: new Map() };
  unsent: Unsent = { values: new Map(), visible: new Map() };
  filtered = new Map<string, Filtered>();
  isPending = false;
  /** A button of the card had the focus and was removed or disabled by the answer. */
  isFocusDue = false;

  constructor(element: HTMLElement, use: CardUse) {
    this.element = element;
    this.use = use;
  }

  /** Renders the card if it changed, with the person's input. With `isFresh`, the answer to a click, in its initial state. */
  show(payload: unknown, isFresh: boolean) {
    const json = JSON.stringify(payload);
    if (json === this.drawn) return;
    if (isFresh) this.unsent = { values: new Map(), visible: new Map() };
    else if (this.card !== undefined) collect(this.card, this.shown, this.unsent);
    const focus = this.card === undefined || isFresh ? undefined : focusIn(this.card);
    this.drawn = json;
    const card = this.parse(toRender(payload, this.unsent, this.filtered));
    this.card = card;
    this.element.replaceChildren(card.render() ?? document.createTextNode('This card cannot be shown.'));
    for (const input of card.getAllInputs()) {
      const known = this.filtered.get(input.id ?? '');
      if (known !== undefined) addList(input, known, this.use.search);
    }
    this.shown = drawnOf(card);
    this.element.removeAttribute('aria-busy');
    focus?.(card);
    tendToggles(card);
    if (isFresh && this.isFocusDue) this.focusFirst();
    if (this.isPending) this.pend(undefined);
  }

  parse(payload: unknown) {
    const card = new AdaptiveCards.AdaptiveCard();
    card.hostConfig = host;
    card.parse(payload, new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.latest));
    card.onExecuteAction = (action) => void this.execute(card, action);
    return card;
  }

  async execute(card: AdaptiveCard, action: Action) {
    const type = action.getJsonTypeName();
    if (type === 'Action.ToggleVisibility') queueMicrotask(() => tendToggles(card));
    if (action instanceof AdaptiveCards.OpenUrlAction) window.open(action.url, '_blank', 'noopener');
    if (type !== 'Action.Execute' && type !== 'Action.Submit') return;
    const { verb = '', data = {} } = action.toJSON() ?? {};
    this.isPending = true;
    this.isFocusDue = action.renderedElement?.contains(document.activeElement) === true;
    this.pend(action.renderedElement);
    announce('Sending');
    try {
      await this.use.click({ type, verb, data, inputs: sentInputs(card, this.filtered) });
    } finally {
      this.isPending = false;
      this.settle();
      // The card remains, so the focus returns to the button.
      if (this.isFocusDue && document.activeElement === document.body && action.renderedElement?.isConnected)
        action.renderedElement.focus({ preventScroll: true });
    }
  }

  /** Sets the focus after a button was removed: to the heading, or else to the first field. */
  focusFirst() {
    this.isFocusDue = false;
    if (document.activeElement !== document.body && !this.element.contains(document.activeElement)) return;
    const first =
      this.element.querySelector('[role="heading"]') ?? this.element.querySelector('input, textarea, select');
    if (!(first instanceof HTMLElement)) return;
    if (first.getAttribute('role') === 'heading') first.tabIndex = -1;
    first.focus({ preventScroll: true });
  }

  /** Shows that an answer is pending: buttons are disabled, and the clicked one shows a spinner. */
  pend(clicked: HTMLElement | undefined) {
    this.element.setAttribute('aria-busy', 'true');
    for (const button of this.element.querySelectorAll('button')) button.disabled = true;
    clicked?.classList.add('pending');
  }

  settle() {
    this.element.removeAttribute('aria-busy');
    for (const button of this.element.querySelectorAll('button')) {
      button.disabled = false;
      button.classList.remove('pending');
    }
  }
}
