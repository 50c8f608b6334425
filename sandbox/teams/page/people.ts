import type { Person, Place } from './api.ts';
import { avatar, byId, fill, make, personColour } from './dom.ts';

/**
 * The current person, and others to switch to. Buttons keep their order, so that arrow keys cycle through them; the style sheet
 * moves the current person to the top.
 */
export function showPeople(people: readonly Person[], current: Person, choose: (person: Person) => void) {
  byId('app').style.setProperty('--me', personColour(current.id));
  const element = byId('people');
  const hadFocus = element.contains(document.activeElement);
  const buttons = people.map((person) => choice(person, person === current, choose));
  fill(element, make('p', { 'aria-hidden': 'true' }, 'Switch to'), ...buttons);
  element.onkeydown = (event) => step(event, buttons);
  if (hadFocus) buttons[people.indexOf(current)]?.focus();
}

function choice(person: Person, isCurrent: boolean, choose: (person: Person) => void) {
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

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** Arrow keys move and select, as in any radio group. */
function step(event: KeyboardEvent, buttons: HTMLElement[]) {
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  const by = steps[event.key];
  if (at < 0 || by === undefined) return;
  event.preventDefault();
  const next = buttons[(at + by + buttons.length) % buttons.length];
  next?.focus();
  next?.click();
}

const groups = [
  { kind: 'channel', name: 'Channels' },
  { kind: 'personal', name: 'Personal chat' },
  { kind: 'groupChat', name: 'Group chat' },
];

export const placeTitle = (place: Place) => `${place.kind === 'channel' ? '# ' : ''}${place.name}`;

/** The list of places with unread counts. */
export function showPlaces(places: readonly Place[], current: Place, href: (place: Place) => string) {
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

function entry(place: Place, current: Place, href: (place: Place) => string) {
  const isCurrent = place.id === current.id;
  const unread = !isCurrent && place.unread > 0;
  const count =
    unread && make('span', { class: 'count' }, String(place.unread), make('span', { class: 'unseen' }, ' new'));
  const link = make('a', { href: href(place), 'data-place': place.id }, placeTitle(place), ' ', count);
  if (isCurrent) link.setAttribute('aria-current', 'page');
  link.classList.toggle('unread', unread);
  return make('li', {}, link);
}
