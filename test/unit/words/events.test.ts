import { eventWords } from '../../../src/words/events.ts';
import { approver } from '../../support/fixtures.ts';
import { asks, decides, eventsAfter } from '../support/commands.ts';

const names = () => 'Approver';
const [, approved] = eventsAfter(asks(), decides('approve', approver));

it('an approval within seconds of being asked is said to be one', () => {
  if (approved?.body.type !== 'approved') throw new Error('nothing was approved');
  const detail = (quick: boolean) => {
    const body = {
      ...approved.body,
      data: { acknowledgedIrreversible: true, quick, signIn: null },
    } as typeof approved.body;
    return eventWords({ ...approved, body }, names, { texts: true }).detail;
  };
  expect(detail(true)).toBe('plan 1111 1111, 1 of 2, accepted what cannot be undone, within 5 seconds of being asked');
  expect(detail(false)).toBe('plan 1111 1111, 1 of 2, accepted what cannot be undone');
});
