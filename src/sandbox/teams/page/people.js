// @ts-check
import { avatar, personColour } from './avatar.js';
import { byId, fill, make } from './dom.js';

/** @typedef {import('./api.js').Person} Person */

/**
 * Who one acts as, and the others one can switch to. The order of the buttons never changes, so that arrow keys go round; the style sheet
 * puts the current person on top.
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

/** Arrow keys move and choose, as in any group of radio buttons. */
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
