// @ts-check

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Creates an element. Properties that start with `on` are listeners; `class` and names with a hyphen are attributes. Others are
 * attributes if they are text, and properties otherwise.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function' && name.startsWith('on'))
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (typeof value === 'string') element.setAttribute(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (typeof value === 'number') element.setAttribute(name, String(value));
  }
  fill(element, ...children);
  return element;
}

/**
 * Creates an SVG element.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
export function draw(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * Replaces the children of an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  for (const child of [...element.childNodes]) child.remove();
  for (const child of children) if (child) element.append(child);
}

/**
 * Returns the element with this ID, which the page must have.
 * @param {string} id
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * Orders the children of the parent and removes all others. Doesn't touch elements that are already in place, so that focus,
 * selection and scroll positions survive.
 * @param {Element} parent
 * @param {readonly Element[]} wanted
 */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((element, index) => {
    const there = parent.children[index] ?? null;
    if (there !== element) parent.insertBefore(element, there);
  });
}

/** Announces a text to screen readers only. */
export function announce(/** @type {string} */ text) {
  byId('announcer').textContent = text;
}

/** The address contains person and place, for windows with different people and for reloads: `#/approver/approvals`. */

const slug = (/** @type {string} */ name) => name.toLowerCase().replaceAll(' ', '-');

export const placeSlug = (/** @type {import('./api.js').Place} */ place) =>
  place.kind === 'personal' ? 'chat' : slug(place.name);

export const address = (/** @type {{ name: string }} */ person, /** @type {string} */ placeName) =>
  `#/${slug(person.name)}/${placeName}`;

/**
 * Returns person and place of the address; by default the first person and Operations.
 * @param {readonly import('./api.js').Person[]} people
 */
export function readAddress(people) {
  const [, who = '', where = ''] = location.hash.split('/');
  const person = people.find(({ name }) => slug(name) === who) ?? people[0];
  if (person === undefined) throw new Error('this tenant has no people');
  return { person, placeName: where };
}

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

export const clockTime = (/** @type {string} */ iso) => clock.format(new Date(iso));
export const shortDate = (/** @type {Date} */ when) => date.format(when);

/** Returns `Today`, `Yesterday`, or the day's name. */
export function dayName(/** @type {string} */ iso) {
  const then = new Date(iso);
  const now = new Date();
  if (then.toDateString() === now.toDateString()) return 'Today';
  now.setDate(now.getDate() - 1);
  return then.toDateString() === now.toDateString() ? 'Yesterday' : day.format(then);
}

const colours = ['#4f52b2', '#0b6a5b', '#8a3b7c', '#5a5a5a', '#7a4f00'];

/** @type {Map<string, string>} */
const colourOf = new Map();

/** Assigns a color to each person, in list order. */
export function giveColours(/** @type {readonly { id: string }[]} */ people) {
  for (const [index, { id }] of people.entries()) colourOf.set(id, colours[index % colours.length] ?? '#4f52b2');
}

export const personColour = (/** @type {string} */ id) => colourOf.get(id) ?? '#5a5a5a';

/** The avatar: a person's initial, or the bot's icon. */
export function avatar(/** @type {{ id: string, name: string } | 'bot'} */ who) {
  if (who === 'bot')
    return make('img', { class: 'avatar bot', src: '/client/icon', alt: '', width: '32', height: '32' });
  const element = make('span', { class: 'avatar', 'aria-hidden': 'true' }, who.name.slice(0, 1));
  element.style.setProperty('--c', personColour(who.id));
  return element;
}
