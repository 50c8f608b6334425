// @ts-check

/** Who and where stand in the address, so that two windows can be two people and a reload comes back: `#/approver/approvals`. */

const slug = (/** @type {string} */ name) => name.toLowerCase().replaceAll(' ', '-');

export const placeSlug = (/** @type {import('./api.js').Place} */ place) =>
  place.kind === 'personal' ? 'chat' : slug(place.name);

export const address = (/** @type {{ name: string }} */ person, /** @type {string} */ placeName) =>
  `#/${slug(person.name)}/${placeName}`;

/**
 * The person and the name of the place in the address; the first person and Operations without one.
 * @param {readonly import('./api.js').Person[]} people
 */
export function readAddress(people) {
  const [, who = '', where = ''] = location.hash.split('/');
  const person = people.find(({ name }) => slug(name) === who) ?? people[0];
  if (person === undefined) throw new Error('nobody is in this tenant');
  return { person, placeName: where };
}
