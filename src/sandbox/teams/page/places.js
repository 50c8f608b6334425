// @ts-check
import { byId, fill, make } from './dom.js';

/** @typedef {import('./api.js').Place} Place */

const groups = [
  { kind: 'channel', name: 'Channels', mark: '# ' },
  { kind: 'personal', name: 'Personal chat', mark: '' },
  { kind: 'groupChat', name: 'Group chat', mark: '' },
];

export const placeTitle = (/** @type {Place} */ place) => `${place.kind === 'channel' ? '# ' : ''}${place.name}`;

/**
 * Where one can talk, with how much is unread.
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
