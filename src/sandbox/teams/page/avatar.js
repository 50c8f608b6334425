// @ts-check
import { make } from './dom.js';

const colours = ['#4f52b2', '#0b6a5b', '#8a3b7c', '#5a5a5a', '#7a4f00'];

/** @type {Map<string, string>} */
const colourOf = new Map();

/** Gives each person a colour, by the order they are listed in. */
export function giveColours(/** @type {readonly { id: string }[]} */ people) {
  for (const [index, { id }] of people.entries()) colourOf.set(id, colours[index % colours.length] ?? '#4f52b2');
}

export const personColour = (/** @type {string} */ id) => colourOf.get(id) ?? '#5a5a5a';

/** The round letter of a person, or the icon of the bot. */
export function avatar(/** @type {{ id: string, name: string } | 'bot'} */ who) {
  if (who === 'bot')
    return make('img', { class: 'avatar bot', src: '/client/icon', alt: '', width: '32', height: '32' });
  const element = make('span', { class: 'avatar', 'aria-hidden': 'true' }, who.name.slice(0, 1));
  element.style.setProperty('--c', personColour(who.id));
  return element;
}
