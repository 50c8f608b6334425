/** Filtered choice sets: a text input with the list of the browser, and a search by the bot. */

import type { Input } from 'adaptivecards';
import type { Json } from './api.ts';
import { fill, make } from './dom.ts';

export type Choice = { title: string; value: string };
export type Search = (inputId: string, query: string) => Promise<Choice[]>;
/** A filtered choice set: all choices that were offered, and whether the bot knows more. */
export type Filtered = { offered: Choice[]; isDynamic: boolean };

/** Returns a filtered choice set as a text input whose text is a choice's title. Other text is sent to the bot unchanged. */
export function asText(
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
export function addList({ id = '', renderedElement }: Input, known: Filtered, search: Search) {
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
