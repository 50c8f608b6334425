import { decide } from '../../../../src/domain/request/decide.ts';
import { asks, comesTo, later, reminds, requestAfter } from '../../../support/builders/commands.ts';
import { requester } from '../../../support/builders/fixtures.ts';
import { noon } from '../../../support/builders/plans.ts';

const minutes = (count: number): Date => new Date(noon.getTime() + count * 60_000);
const reminded = requestAfter(asks(), reminds());

it('the first reminder may follow at once', () => {
  expect(comesTo(requestAfter(asks()), reminds())).toBe('reminded');
  expect(reminded).toMatchObject({ state: 'awaiting-approval', remindedAt: noon.toISOString() });
});

it('another one an hour later, and not before; until when is said', () => {
  expect(decide(reminded, reminds(), minutes(59))).toEqual({
    kind: 'refused',
    code: 'reminded-lately',
    fact: minutes(60).toISOString(),
  });
  expect(comesTo(reminded, reminds(), minutes(60))).toBe('reminded');
});

it('nobody is reminded of what has expired, though the timer has not come by', () => {
  expect(comesTo(reminded, reminds(requester), later)).toBe('not-awaiting-approval');
});
