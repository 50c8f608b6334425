/** Looks at a rendered card: everything with a type, what must not be empty, what can be clicked, what a renderer says of it. */
import { createRequire } from 'node:module';

export type Element = Readonly<Record<string, unknown>> & { readonly type: string };

const isElement = (node: unknown): node is Element =>
  typeof node === 'object' && node !== null && 'type' in node && typeof node.type === 'string';

/** Every element and action of a card, the card itself first. */
export function elementsOf(node: unknown): readonly Element[] {
  if (typeof node !== 'object' || node === null) return [];
  const children = Object.values(node).flatMap(elementsOf);
  return isElement(node) ? [node, ...children] : children;
}

const lists: Readonly<Record<string, string>> = {
  Container: 'items',
  Column: 'items',
  ColumnSet: 'columns',
  FactSet: 'facts',
  ActionSet: 'actions',
  Table: 'rows',
  TableRow: 'cells',
  TableCell: 'items',
  'Input.ChoiceSet': 'choices',
};

/** Elements that would show as a gap: containers without content, texts without a letter. */
export const emptyOnes = (card: unknown): readonly string[] =>
  elementsOf(card)
    .filter((element) => {
      const list = lists[element.type];
      if (list !== undefined) return !Array.isArray(element[list]) || element[list].length === 0;
      return element.type === 'TextBlock' && String(element.text).trim() === '';
    })
    .map((element) => JSON.stringify(element).slice(0, 120));

/** What people can read without unfolding or typing anything. */
export const textsOf = (card: unknown): readonly string[] =>
  elementsOf(card).flatMap((element) =>
    element.type === 'TextBlock' || element.type === 'Badge' ? [String(element.text)] : [],
  );

export const executesOf = (card: unknown): readonly Element[] =>
  elementsOf(card).filter((element) => element.type === 'Action.Execute');

export const inputsOf = (card: unknown): readonly Element[] =>
  elementsOf(card).filter((element) => element.type.startsWith('Input.'));

type Message = { readonly message: string };
/** The few calls of the renderer that need no browser. */
interface Renderer {
  AdaptiveCard: new () => {
    parse(card: unknown, context: object): void;
    validateProperties(): { readonly validationEvents: readonly Message[] };
  };
  SerializationContext: new () => { readonly eventCount: number; getEventAt(index: number): Message };
}
// Its import entry has paths Node does not resolve and its types are source code: the bundle, by hand.
const require = createRequire(import.meta.url);
const renderer: Renderer = require('adaptivecards/dist/adaptivecards.js');

/** Teams draws them, the open renderer their fallback: each has to have one. */
export const newerElements = ['Badge', 'CodeBlock', 'Icon', 'ProgressBar'];

/** Microsoft's rule for the store. A row that can be selected as a whole is no action of its own. */
const mostActions = 6;

/** Buttons, and links in texts. */
const actionsOf = (card: unknown): readonly Element[] => {
  const buttons = JSON.stringify(card, (name, value) =>
    ['refresh', 'selectAction'].includes(name) ? undefined : value,
  );
  return elementsOf(JSON.parse(buttons)).filter(({ type }) => type.startsWith('Action.'));
};

const linksOf = (card: unknown): readonly string[] => [
  ...actionsOf(card).flatMap(({ type, title }) => (type === 'Action.OpenUrl' ? [String(title)] : [])),
  ...textsOf(card).flatMap((text) => [...text.matchAll(/\[([^\]]*)\]\(http/g)].map(([, title]) => title ?? '')),
];

/** What Microsoft's rules and its renderer find wrong in a card, such as properties that the Adaptive Cards schema doesn't have. */
export function complaintsAbout(card: unknown): readonly string[] {
  const context = new renderer.SerializationContext();
  const parsed = new renderer.AdaptiveCard();
  parsed.parse(card, context);
  const heard = Array.from({ length: context.eventCount }, (_, n) => context.getEventAt(n).message);
  const actions = actionsOf(card).length;
  return [
    ...(actions > mostActions ? [`has ${actions} actions`] : []),
    ...linksOf(card).filter((title) => !/\b(request|download|portal)\b/.test(title)),
    ...heard.filter((message) => !newerElements.some((type) => message.includes(`"${type}"`))),
    ...parsed.validateProperties().validationEvents.map((event) => event.message),
  ];
}
