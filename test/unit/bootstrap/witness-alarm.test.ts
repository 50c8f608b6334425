import { notifyOf } from '../../../src/bootstrap/start-witness-alarm.ts';
import { noon } from '../../support/builders/plans.ts';

test('while a contradiction can’t be posted, open requests are shown once, and later it is posted once', async () => {
  const done: string[] = [];
  const teams = { isThere: false };
  const contradiction = { at: noon, detail: 'it has signed 9 events, and there are 8', note: '' };
  const asked = { at: noon, size: 8, outcome: 'another-history', detail: '' } as const;
  const report = { key: 'w1', since: noon, asked, signed: null, contradiction, cleared: null, told: false };
  const notify = (more: object = {}) =>
    notifyOf(
      { name: 'w1', report: { ...report, ...more }, current: false },
      {
        witnessPosts: {
          contradicts: async () => {
            if (!teams.isThere) throw new Error('the bot isn’t in the channel');
            done.push('posted');
          },
          settled: async () => undefined,
        },
      },
      marks,
    );
  const marks = {
    showCards: async () => void done.push('shown'),
    note: async () => void done.push('stored'),
    posted: new Set<string>(),
    shown: new Set<string>(),
  };
  await expect(notify()).rejects.toThrow('the bot isn’t in the channel');
  await expect(notify()).rejects.toThrow('the bot isn’t in the channel');
  expect(done).toEqual(['shown']);
  // Resolved meanwhile: the cards that show it are updated, and the same contradiction again is another occasion.
  const later = new Date(noon.getTime() + 60_000);
  for (const _ of [1, 2]) await notify({ contradiction: null, cleared: { at: later, by: 'duty' } });
  expect(done.splice(1)).toEqual(['shown']);
  teams.isThere = true;
  await notify();
  expect(done).toEqual(['shown', 'posted', 'stored']);
});
