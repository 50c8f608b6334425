import { jest } from '@jest/globals';
import { RequestId } from '../../../../src/domain/ids.ts';
import { openUpdateThrottle } from '../../../../src/teams/delivery/request-cards.ts';

const [ended, going] = [RequestId.parse('CMK-7F3K9Q'), RequestId.parse('CMK-000000')];

test('what a request came to is shown at once, also by who waits already; others keep their turns', async () => {
  const pace = openUpdateThrottle();
  await Promise.all([pace.turn(ended), pace.turn(going)]);
  const had: string[] = [];
  const waits = [
    pace.turn(going).then(() => had.push('one that goes on')),
    pace.turn(ended).then(() => had.push('the first that waited')),
    pace.turn(ended).then(() => had.push('the second that waited')),
  ];
  pace.atOnce(ended);
  await Promise.all(waits.slice(1));
  pace.atOnce(ended);
  await pace.turn(ended);
  expect(had).toEqual(['the first that waited', 'the second that waited']);
  await Promise.all(waits);
  expect(had.at(-1)).toBe('one that goes on');
});

test('what was shown while the clock was a day ahead is shown again a second later all the same', async () => {
  const pace = openUpdateThrottle();
  const ahead = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 86_400_000);
  await pace.turn(going);
  ahead.mockRestore();
  const from = performance.now();
  await pace.turn(going);
  expect(performance.now() - from).toBeGreaterThan(900);
});
