/** Who has control over a key, as the requester and the approver read it. */
import { memberMark, type ObservedControl, ownControl } from '../../../src/domain/control.ts';
import { everybody } from '../../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../../src/teams/cards/views/request-card.ts';
import { controlCountWords, controllerWords, controlWords, ownControlWords } from '../../../src/text/control.ts';
import { textsOf } from '../../contract/card-walk.ts';
import { asks, requestAfter } from '../../support/builders/commands.ts';
import { approver, requester } from '../../support/builders/fixtures.ts';
import { control, controller, planFor } from '../../support/builders/plans.ts';
import { contextAt } from '../../support/cards/card-readers.ts';

const group = (id: string, change: Parameters<typeof controller>[0] = {}) =>
  controller({ id, type: 'group', name: `Group ${id}`, members: 2, people: [], apps: [], ...change });
const bot = controller({ id: 'b', type: 'bot', can: ['change', 'give-access'] });
const person = controller({ id: approver, type: 'person', name: 'Approver', can: ['delete', 'purge'] });
const app = controller({ id: 'a' });

test.each<[string, Partial<ObservedControl>, string, string]>([
  ['none', { controllers: [] }, 'no one else', 'No one else has control over the key.'],
  [
    'unreadable role assignments',
    { controllers: [], unseen: ['role-assignments'] },
    'not checked',
    'Who has control over the key was not checked.',
  ],
  [
    'a person',
    { controllers: [person], unseen: ['names'] },
    '1 person',
    '1 person has control over the key. Together they can delete and purge the key.',
  ],
  [
    'people, apps and the bot, of which some roles weren’t read',
    { controllers: [group('c', { apps: ['1'] }), app, bot], unseen: ['roles'] },
    '1 group (2 people and 1 app), 1 app and this bot, not all checked',
    '1 group (2 people and 1 app), 1 app and this bot have control over the key. Together they can back up or release, change, delete, purge and grant access to the key. Not all were checked.',
  ],
  [
    'a group whose members weren’t read',
    { controllers: [group('c', { members: null, name: null })] },
    '1 group',
    '1 group has control over the key. Together they can back up or release, change, delete, purge and grant access to the key.',
  ],
])('%s', (_what, change, count, words) => {
  expect(controlCountWords(control(change))).toBe(count);
  expect(controlWords(control(change))).toBe(words);
});

test.each([
  [group('c', { members: null, name: null }), 'c, a group, members not checked'],
  [group('c', { apps: ['1'] }), 'Group c, a group of 2 people and 1 app'],
  [app, 'App a'],
  [person, 'Approver'],
])('each is named: %#', (one, words) => expect(controllerWords(one)).toBe(words));

const custodians = group('c', { people: [memberMark('c', requester)] });
const { people: _, apps: __, ...unread } = group('d');

test.each([
  ['through a group', [app, custodians], 'The requester is one of them, through Group c.'],
  ['directly', [custodians, controller({ id: requester, type: 'person' })], 'The requester is one of them.'],
  ['not', [person, group('d')], ''],
  [
    'perhaps',
    [unread, app, group('e', { apps: ['1'] })],
    'It isn’t known whether the requester is one of them: the bot couldn’t check the members of 1 group and the owners of 2 apps.',
  ],
])('the requester has control %s', (_how, controllers, words) => {
  const seen = control({ controllers });
  expect(ownControlWords(ownControl(seen, requester), 'The requester')).toBe(words);
  const request = requestAfter(asks(1, planFor({ seen: { control: seen } })));
  const card = textsOf(requestCard('approval', request, contextAt('2026-03-02T12:04:00.000Z', everybody))).join('\n');
  expect(card.includes('The requester has control over this key')).toBe(words.startsWith('The requester is'));
});
