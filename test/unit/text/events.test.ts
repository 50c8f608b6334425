import { eventWords } from '../../../src/text/events.ts';
import { asks, decides, eventsAfter } from '../../support/builders/commands.ts';
import { approver } from '../../support/builders/fixtures.ts';
import { rotationLife } from '../../support/cards/card-states.ts';

const names = () => 'Approver';
const [, approved] = eventsAfter(asks(), decides('approve', approver));

it('an approval within seconds of being asked is said to be one', () => {
  const before = approved?.body;
  if (approved === undefined || before?.type !== 'approved') throw new Error('nothing was approved');
  const detail = (quick: boolean) => {
    const body = {
      ...before,
      data: { ...before.data, required: 2, acknowledgedIrreversible: true, quick, signIn: null },
    };
    return eventWords({ ...approved, body }, names, { texts: true }).detail;
  };
  expect(detail(true)).toBe(
    'plan 1111 1111, 1 of 2, accepted what can’t be undone, within 5 seconds after the request',
  );
  expect(detail(false)).toBe('plan 1111 1111, 1 of 2, accepted what can’t be undone');
});

it('a further version of a key is not said to be a key', () => {
  const titles = rotationLife.map((event) => eventWords(event, names, { texts: true }).title);
  expect(titles).toEqual(expect.arrayContaining(['Create key version: starts', 'Create key version: done']));
  expect(titles.join()).not.toContain('Create key:');
});
