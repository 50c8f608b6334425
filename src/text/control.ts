/** Texts about control over a key, and the subscription of its vault. */

import type { Controller, ObservedControl, OwnControl, Power, Subscription } from '../domain/control.ts';
import type { ControlChange } from '../domain/control-change.ts';
import { countOf } from './words.ts';

/** `Research`, or its ID if Azure doesn't tell the bot the name. */
export const subscriptionWords = ({ id, name }: Subscription): string => name ?? `subscription ${id}`;

const powerWords: Readonly<Record<Power, string>> = {
  copy: 'back up or release',
  change: 'change',
  delete: 'delete',
  purge: 'purge',
  'give-access': 'grant access to',
};

const listed = (words: readonly string[], last: string): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;

/** `copy, delete and purge` */
export const powersWords = (can: readonly Power[], last: 'and' | 'or' = 'and'): string =>
  listed(
    can.map((power) => powerWords[power]),
    last,
  );

const nounOf: Readonly<Record<Controller['type'], string>> = {
  person: 'Person',
  group: 'Group',
  app: 'App',
  bot: 'This bot',
  unknown: 'Object',
};

const peopleWords = (people: number): string => countOf(people, 'person', 'people');

/** `3 people`, `3 people and 1 app` */
const membersWords = (people: number, apps: number): string =>
  apps === 0 ? peopleWords(people) : `${peopleWords(people)} and ${countOf(apps, 'app', 'apps')}`;

function groupWords({ members, apps = [] }: Controller): string {
  if (members === null) return 'a group, members not checked';
  return `a group of ${apps.length === 0 ? members : membersWords(members, apps.length)}`;
}

/** `Key custodians, a group of 3`, `app 5000…0001`, `This bot`. Without a name, the object ID. */
export function controllerWords(controller: Controller): string {
  const { id, type, name } = controller;
  if (type === 'bot') return 'This bot';
  if (type === 'group') return `${name ?? id}, ${groupWords(controller)}`;
  return name === null ? `${nounOf[type]} ${id}` : type === 'app' ? `${name}, an app` : name;
}

const notKnownWords = ({ groups, apps, others }: Extract<OwnControl, { known: 'not' }>): string =>
  listed(
    [
      ...(groups === 0 ? [] : [`the members of ${countOf(groups, 'group', 'groups')}`]),
      ...(apps === 0 ? [] : [`the owners of ${countOf(apps, 'app', 'apps')}`]),
      ...(others === 0 ? [] : [countOf(others, 'unknown ID', 'unknown IDs')]),
    ],
    'and',
  );

/** `The requester is one of them, through Key custodians.` Empty if the person isn't. */
export function ownControlWords(own: OwnControl, person: 'The requester' | 'You'): string {
  if (own.known === 'no') return '';
  if (own.known === 'yes') {
    const is = person === 'You' ? 'You are' : 'The requester is';
    return `${is} one of them${own.through === null ? '' : `, through ${own.through}`}.`;
  }
  const whether = person === 'You' ? 'you are' : 'the requester is';
  return `It isn’t known whether ${whether} one of them: the bot couldn’t check ${notKnownWords(own)}.`;
}

const numberOf = (controllers: readonly Controller[], ...types: readonly Controller['type'][]): number =>
  controllers.filter(({ type }) => types.includes(type)).length;

/** `2 people, 1 group (3 people and 1 app), 1 app and this bot`; for unresolved IDs, `1 unknown`. */
function countWords(controllers: readonly Controller[]): string {
  const people = numberOf(controllers, 'person');
  const groups = controllers.filter(({ type }) => type === 'group');
  const members = groups.reduce<number | null>(
    (sum, one) => (sum === null || one.members === null ? null : sum + one.members),
    0,
  );
  const apps = numberOf(controllers, 'app');
  const bot = numberOf(controllers, 'bot');
  const unknown = numberOf(controllers, 'unknown');
  const appsInside = groups.reduce((sum, one) => sum + (one.apps?.length ?? 0), 0);
  const group = members === null ? '' : ` (${membersWords(members, appsInside)})`;
  return listed(
    [
      ...(people === 0 ? [] : [peopleWords(people)]),
      ...(groups.length === 0 ? [] : [`${countOf(groups.length, 'group', 'groups')}${group}`]),
      ...(apps === 0 ? [] : [countOf(apps, 'app', 'apps')]),
      ...(bot === 0 ? [] : ['this bot']),
      ...(unknown === 0 ? [] : [`${unknown} unknown`]),
    ],
    'and',
  );
}

/** `2 people and this bot` */
export function controlCountWords({ controllers, unseen }: ObservedControl): string {
  const more = unseen.some((one) => one !== 'names') ? ', not all checked' : '';
  return controllers.length === 0 ? (more === '' ? 'no one else' : 'not checked') : `${countWords(controllers)}${more}`;
}

/** Returns how many have control, and what they can do together. */
export function controlWords({ controllers, unseen }: ObservedControl): string {
  const more = unseen.some((one) => one !== 'names') ? ' Not all were checked.' : '';
  if (controllers.length === 0)
    return more === '' ? 'No one else has control over the key.' : 'Who has control over the key was not checked.';
  const can = (['copy', 'change', 'delete', 'purge', 'give-access'] as const).filter((power) =>
    controllers.some((one) => one.can.includes(power)),
  );
  const have = controllers.length === 1 ? 'has' : 'have';
  return `${countWords(controllers)} ${have} control over the key. Together they can ${powersWords(can)} the key.${more}`;
}

/** Returns what an approval doesn't cover: the current value, and the value that was approved. */
export function controlChangeWords(change: ControlChange): { readonly title: string; readonly text: string } {
  switch (change.change) {
    case 'controller': {
      const { controller, more } = change;
      const before =
        controller.can.length === more.length ? 'Could not when it was approved' : 'Could do less when it was approved';
      return { title: `${controllerWords(controller)}: can ${powersWords(more)} the key now`, text: before };
    }
    case 'members':
    case 'apps': {
      const { controller, before, now, came } = change;
      const size = `the group has ${change.change === 'apps' ? countOf(now, 'app', 'apps') : peopleWords(now)} now`;
      const others = came === null ? '' : `, ${came} of them not in it when it was approved`;
      return {
        title: `${controller.name ?? controller.id}: ${size}${others}`,
        text: `${before} when it was approved. All of them control the key`,
      };
    }
    case 'identity':
      return { title: `The resource has another identity: ${change.now}`, text: `It was ${change.before}` };
    case 'vault-address':
      return { title: `The vault has another address: ${change.now}`, text: `It was ${change.before}` };
    case 'vault-tenant':
      return { title: `The vault belongs to another tenant: ${change.now}`, text: `It was ${change.before}` };
  }
}
