import { notifyOf } from '../../../src/bootstrap/start-witness-alarm.ts';
import { noon } from '../../support/builders/plans.ts';

const later = (minutes: number): Date => new Date(noon.getTime() + minutes * 60_000);
const contradictionAt = (at: Date) => ({ at, detail: 'it has signed 9 events, and there are 8', note: '' });
const asked = { at: noon, size: 8, outcome: 'another-history', detail: '' } as const;
const report = { key: 'w1', since: noon, asked, signed: null, cleared: null, told: false };
const resolved = { contradiction: null, cleared: { at: later(1), by: 'duty' } };

/** What a process does about a witness. `isThere`, `stores`: whether Teams and the database take it. */
function openAlarm() {
  const done: string[] = [];
  const works = { isThere: false, stores: true };
  const posts = (what: string) => async () => {
    if (!works.isThere) throw new Error('the bot isn’t in the channel');
    done.push(what);
  };
  const restart = () => ({
    showCards: async () => {
      if (!works.stores) throw new Error('the database is lost');
      done.push('shown');
    },
    note: async () => void done.push('stored'),
    posted: new Set<string>(),
    shown: new Set<string>(),
  });
  let marks = restart();
  return {
    done,
    works,
    restart: () => {
      marks = restart();
    },
    notify: (more: object = {}) =>
      notifyOf(
        { name: 'w1', report: { ...report, contradiction: contradictionAt(noon), ...more }, current: false },
        { witnessPosts: { contradicts: posts('posted'), settled: posts('settled') } },
        marks,
      ),
  };
}

test('while a contradiction can’t be posted, open requests are shown once, and later it is posted once', async () => {
  const { done, works, notify } = openAlarm();
  for (const _ of [1, 2]) await expect(notify()).rejects.toThrow('the bot isn’t in the channel');
  expect(done.splice(0)).toEqual(['shown']);
  works.isThere = true;
  await notify();
  expect(done).toEqual(['posted', 'stored']);
});

test('a contradiction that is resolved before it is posted leaves the cards, and a later one is shown again', async () => {
  const { done, works, notify } = openAlarm();
  await expect(notify()).rejects.toThrow('the bot isn’t in the channel');
  for (const _ of [1, 2]) await notify(resolved);
  expect(done.splice(0)).toEqual(['shown', 'shown']);
  works.isThere = true;
  await notify({ ...resolved, contradiction: contradictionAt(later(2)) });
  expect(done.sort()).toEqual(['posted', 'shown', 'stored']);
});

test.each(['the update of the cards failed midway', 'the process restarted'])(
  'a resolved contradiction leaves the cards although %s',
  async (what) => {
    const { done, works, notify, restart } = openAlarm();
    works.stores = what === 'the process restarted';
    await expect(notify()).rejects.toThrow();
    done.splice(0);
    works.stores = true;
    if (what === 'the process restarted') restart();
    for (const _ of [1, 2]) await notify(resolved);
    expect(done).toEqual(['shown']);
  },
);
