import { PersonId } from '../../../../src/domain/ids.ts';
import { subjectAfter } from '../../../../src/teams/bot/lists.ts';

const person = PersonId.parse('20000000-0000-4000-8000-000000000001');
const open = { list: 'open', filter: 'all', id: 'triage' };
const history = { list: 'history', filter: 'everything', id: 'CMK-7F3K9Q' };
const after = (word: string, data: object) => subjectAfter(`list.${word}`, { ...data, revision: 2 }, { person });

it.each([
  ['page', open, open],
  ['page', { list: 'latest', filter: 'all', id: '' }, { list: 'latest', filter: 'all', id: '' }],
  ['mine', open, { list: 'open', filter: 'mine', id: person }],
  ['waiting', open, { list: 'open', filter: 'waiting', id: person }],
  ['running', open, { list: 'open', filter: 'running', id: '' }],
  ['to-do', { list: 'agents', filter: 'all', id: 'care' }, { list: 'agents', filter: 'to-do', id: 'care' }],
  ['decisions', history, { ...history, filter: 'decisions' }],
])('list.%s on %j shows %j', (word, data, expected) => {
  expect(after(word, data)).toEqual(expected);
});

it.each([
  ['page', {}],
  ['page', { list: 'history', filter: 'everything', id: 'triage' }],
  ['page', { list: 'history', filter: 'everything', id: '/subscriptions/../x' }],
  ['page', { list: 'open', filter: 'decisions', id: '' }],
  ['page', { list: 'open', filter: 'all', id: 'x'.repeat(101) }],
  ['decisions', open],
  ['mine', { list: 'latest', filter: 'all', id: '' }],
])('list.%s on %j is no list’s button', (word, data) => {
  expect(after(word, data)).toBeNull();
});
