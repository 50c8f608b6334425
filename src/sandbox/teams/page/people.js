// @ts-check
import { avatar, byId, fill, make, personColour } from './dom.js';

/** @typedef {import('./api.js').Person} Person */

/**
 * The current person, and others to switch to. Buttons keep their order, so that arrow keys cycle through them; the style sheet
 * moves the current person to the top.
 * @param {readonly Person[]} people
 * @param {Person} current
 * @param {(person: Person) => void} choose
 */
export function showPeople(people, current, choose) {
  byId('app').style.setProperty('--me', personColour(current.id));
  const element = byId('people');
  const hadFocus = element.contains(document.activeElement);
  const buttons = people.map((person) => choice(person, person === current, choose));
  fill(element, make('p', { 'aria-hidden': 'true' }, 'Switch to'), ...buttons);
  element.onkeydown = (event) => step(event, buttons);
  if (hadFocus) buttons[people.indexOf(current)]?.focus();
}

function choice(
  /** @type {Person} */ person,
  /** @type {boolean} */ isCurrent,
  /** @type {(person: Person) => void} */ choose,
) {
  return make(
    'button',
    {
      role: 'radio',
      'aria-checked': String(isCurrent),
      'aria-label': `${person.name}, ${person.role}`,
      tabindex: isCurrent ? 0 : -1,
      title: isCurrent ? `You act as ${person.name}` : `Act as ${person.name}`,
      'data-person': person.id,
      onclick: () => choose(person),
    },
    avatar(person),
    make(
      'span',
      {},
      isCurrent && make('small', {}, 'You act as'),
      make('strong', {}, person.name),
      make('small', {}, person.role),
    ),
  );
}

/** Arrow keys move and select, as in any radio group. */
function step(/** @type {KeyboardEvent} */ event, /** @type {HTMLElement[]} */ buttons) {
  const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const by =
    event.key === 'ArrowDown' || event.key === 'ArrowRight'
      ? 1
      : event.key === 'ArrowUp' || event.key === 'ArrowLeft'
        ? -1
        : 0;
  if (at < 0 || by === 0) return;
  event.preventDefault();
  const next = buttons[(at + by + buttons.length) % buttons.length];
  next?.focus();
  next?.click();
}

/** @typedef {import('./api.js').Place} Place */

const groups = [
  { kind: 'channel', name: 'Channels', mark: '# ' },
  { kind: 'personal', name: 'Personal chat', mark: '' },
  { kind: 'groupChat', name: 'Group chat', mark: '' },
];

export const placeTitle = (/** @type {Place} */ place) => `${place.kind === 'channel' ? '# ' : ''}${place.name}`;

/**
 * The list of places with unread counts.
 * @param {readonly Place[]} places
 * @param {Place} current
 * @param {(place: Place) => string} href
 */
export function showPlaces(places, current, href) {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.place : undefined;
  const parts = groups.flatMap(({ kind, name }) => [
    make('h2', {}, name),
    make('ul', {}, ...places.filter((place) => place.kind === kind).map((place) => entry(place, current, href))),
  ]);
  fill(byId('places'), ...parts);
  byId('places').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (focused === undefined) return;
  const again = byId('places').querySelector(`[data-place="${CSS.escape(focused)}"]`);
  if (again instanceof HTMLElement) again.focus();
}

function entry(/** @type {Place} */ place, /** @type {Place} */ current, /** @type {(place: Place) => string} */ href) {
  const isCurrent = place.id === current.id;
  const unread = !isCurrent && place.unread > 0;
  const count =
    unread && make('span', { class: 'count' }, String(place.unread), make('span', { class: 'unseen' }, ' new'));
  const link = make('a', { href: href(place), 'data-place': place.id }, placeTitle(place), ' ', count);
  if (isCurrent) link.setAttribute('aria-current', 'page');
  link.classList.toggle('unread', unread);
  return make('li', {}, link);
}
