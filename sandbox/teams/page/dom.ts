import type { Person, Place } from './api.ts';

type Child = Node | string | null | undefined | false;

/** Creates an element. Properties that start with `on` are listeners, others are attributes. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Readonly<Record<string, unknown>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function' && name.startsWith('on'))
      element.addEventListener(name.slice(2), value as EventListener);
    else if (typeof value === 'string') element.setAttribute(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (typeof value === 'number') element.setAttribute(name, String(value));
  }
  fill(element, ...children);
  return element;
}

/** Creates an SVG element. */
export function draw(tag: string, attributes: Record<string, string | number>, ...children: (Node | string)[]) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Replaces the children of an element. */
export function fill(element: Element, ...children: readonly Child[]) {
  for (const child of Array.from(element.childNodes)) child.remove();
  for (const child of children) if (child) element.append(child);
}

/** Returns the element with this ID, which the page must have. */
export function byId(id: string) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Orders the children and removes all others. Elements that are in place keep focus, selection and scroll position. */
export function arrange(parent: Element, wanted: readonly Element[]) {
  const keep = new Set(wanted);
  for (const child of Array.from(parent.children)) if (!keep.has(child)) child.remove();
  wanted.forEach((element, index) => {
    const there = parent.children[index] ?? null;
    if (there !== element) parent.insertBefore(element, there);
  });
}

/** Announces a text to screen readers only. */
export function announce(text: string) {
  byId('announcer').textContent = text;
}

/** The address contains person and place, for windows with different people and for reloads: `#/ben/approvals`. */

const slug = (name: string) => name.toLowerCase().replaceAll(' ', '-');

export const placeSlug = (place: Place) => (place.kind === 'personal' ? 'chat' : slug(place.name));

export const address = (person: Person, placeName: string) => `#/${slug(person.name)}/${placeName}`;

/** Returns person and place of the address; by default the first person and Operations. */
export function readAddress(people: readonly Person[]) {
  const [, who = '', where = ''] = location.hash.split('/');
  const person = people.find(({ name }) => slug(name) === who) ?? people[0];
  if (person === undefined) throw new Error('this tenant has no people');
  return { person, placeName: where };
}

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

export const shortDate = (when: Date) => date.format(when);

/** The time, and the day if it isn't today. */
export function clockTime(iso: string) {
  const then = new Date(iso);
  const isToday = then.toDateString() === new Date().toDateString();
  return (isToday ? '' : `${shortDate(then)}, `) + clock.format(then);
}

const colours = ['#4f52b2', '#0b6a5b', '#8a3b7c', '#5a5a5a', '#7a4f00'];

const colourOf = new Map<string, string>();

/** Assigns a color to each person, in list order. */
export function giveColours(people: readonly { id: string }[]) {
  for (const [index, { id }] of people.entries()) colourOf.set(id, colours[index % colours.length] ?? '#4f52b2');
}

export const personColour = (id: string) => colourOf.get(id) ?? '#5a5a5a';

/** The avatar: a person's initial, or the bot's icon. */
export function avatar(who: { id: string; name: string } | 'bot') {
  if (who === 'bot')
    return make('img', { class: 'avatar bot', src: '/client/icon', alt: '', width: '32', height: '32' });
  const element = make('span', { class: 'avatar', 'aria-hidden': 'true' }, who.name.slice(0, 1));
  element.style.setProperty('--c', personColour(who.id));
  return element;
}
