import { z } from 'zod';
import { isObject } from '../http.ts';
import type { JsonObject } from './state.ts';

/** Reads Adaptive Cards as a Teams client does: their buttons and inputs, and what a click sends. */

export const cardType = 'application/vnd.microsoft.card.adaptive';

/** Returns the first Adaptive Card of an activity. */
export function cardOf(content: JsonObject): JsonObject | undefined {
  const attachments = Array.isArray(content.attachments) ? content.attachments : [];
  const found = attachments.find((item) => isObject(item) && item.contentType === cardType);
  return isObject(found) && isObject(found.content) ? found.content : undefined;
}

/** Returns the content with its first card replaced. */
export function withCard(content: JsonObject, card: JsonObject): JsonObject {
  const attachments = Array.isArray(content.attachments) ? content.attachments : [];
  const first = attachments.findIndex((item) => isObject(item) && item.contentType === cardType);
  const replaced = attachments.map((item, index) =>
    index === first ? { contentType: cardType, content: card } : item,
  );
  return { ...content, attachments: replaced };
}

/** Yields all elements and actions of a card in reading order, at any depth, but not payloads of actions. */
function* elements(node: unknown): Generator<JsonObject> {
  if (Array.isArray(node)) {
    for (const item of node) yield* elements(item);
  } else if (isObject(node)) {
    if (typeof node.type === 'string') yield node;
    for (const [key, value] of Object.entries(node)) if (!payloads.has(key)) yield* elements(value);
  }
}
const payloads = new Set(['data', 'refresh', 'choices', 'choices.data', 'msteams', 'authentication']);

export interface CardAction {
  readonly type: string;
  readonly title: string;
  readonly verb: string;
  readonly data: JsonObject;
  readonly sendsInputs: boolean;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function toAction(element: JsonObject): CardAction {
  return {
    type: text(element.type),
    title: text(element.title),
    verb: text(element.verb),
    data: isObject(element.data) ? element.data : {},
    sendsInputs: text(element.associatedInputs).toLowerCase() !== 'none',
  };
}

/** Returns the button with this verb. If several have it, the one whose data matches the caller's. */
export function executeAction(card: JsonObject, verb: string, data: JsonObject): CardAction | undefined {
  const found = [...elements(card)].filter((element) => element.type === 'Action.Execute').map(toAction);
  const matching = found.filter((action) => action.verb === verb);
  const agreeing = matching.find((action) =>
    Object.entries(data).every(([key, value]) => JSON.stringify(action.data[key]) === JSON.stringify(value)),
  );
  return agreeing ?? matching[0] ?? refreshOf(card, verb);
}

/** Returns the data of any button, or else of the refresh. For a verb that no view of the card has. */
export function dataOf(card: JsonObject): JsonObject {
  const button = [...elements(card)].find((element) => element.type === 'Action.Execute');
  return button === undefined ? (refreshAction(card)?.data ?? {}) : toAction(button).data;
}

function refreshOf(card: JsonObject, verb: string): CardAction | undefined {
  const action = refreshAction(card);
  return action?.verb === verb ? action : undefined;
}

const Refresh = z.object({ action: z.record(z.string(), z.unknown()), userIds: z.array(z.string()).optional() });

/** Returns the action of a card's `refresh`; it sends no inputs. */
export function refreshAction(card: JsonObject): CardAction | undefined {
  const refresh = Refresh.safeParse(card.refresh);
  return refresh.success ? { ...toAction(refresh.data.action), sendsInputs: false } : undefined;
}

const mostRefreshed = 60;

/** Returns true if Teams requests this person's view when it loads the card: for the first 60. An empty list: on demand only. */
export function refreshesFor(card: JsonObject, memberId: string): boolean {
  const refresh = Refresh.safeParse(card.refresh);
  if (!refresh.success) return false;
  return refresh.data.userIds?.slice(0, mostRefreshed).includes(memberId) ?? true;
}

/** Values of untouched inputs. As the `adaptivecards` renderer does: all inputs that have a value, also hidden ones. */
function presetInputs(card: JsonObject): JsonObject {
  const presets: JsonObject = {};
  for (const element of elements(card)) {
    const id = text(element.id);
    const value = presetValue(element);
    if (id !== '' && value !== '') presets[id] = value;
  }
  return presets;
}

function presetValue(element: JsonObject): string {
  if (!text(element.type).startsWith('Input.')) return '';
  if (element.type !== 'Input.Toggle') return String(element.value ?? '');
  const on = String(element.valueOn ?? 'true');
  const value = String(element.value ?? element.valueOff ?? 'false');
  return element.isRequired === true && value !== on ? '' : value;
}

/** Returns the card's inputs with the person's changes. An emptied input isn't sent. */
export function sentInputs(card: JsonObject, changed: JsonObject | undefined): JsonObject {
  return Object.fromEntries(Object.entries({ ...presetInputs(card), ...changed }).filter(([, value]) => value !== ''));
}

/** Returns the query of an input with dynamic choices; `auto` sends the card's other inputs with it. */
export function dataQuery(card: JsonObject, inputId: string): { dataset: string; sendsInputs: boolean } | undefined {
  const input = [...elements(card)].find((element) => element.type === 'Input.ChoiceSet' && element.id === inputId);
  const query = input?.['choices.data'];
  if (!isObject(query) || typeof query.dataset !== 'string') return undefined;
  return { dataset: query.dataset, sendsInputs: text(query.associatedInputs).toLowerCase() === 'auto' };
}
