import { notifyOf } from '../../../src/bootstrap/start-witness-alarm.ts';
import { noon } from '../../support/builders/plans.ts';

const later = (hours: number): Date => new Date(noon.getTime() + hours * 3_600_000);
const asked = { at: noon, size: 8, outcome: 'another-history', detail: '' } as const;
const contradiction = { at: noon, detail: 'it has signed 9 events, and there are 8', note: '' };
const report = { key: 'w1', since: noon, asked, signed: null, contradiction, cleared: null, told: false };

/** What a process does about a witness. `isThere`, `stores`: whether Teams and the database take it. */
function openAlarm() {
  const done: string[] = [];
  const works = { isThere: true, stores: true };
  const marks = {
    warn: async () => {
      if (!works.isThere) throw new Error('the bot isn’t in the channel');
      done.push('posted');
    },
    note: async (_key: string, told: boolean) => {
      if (!works.stores) throw new Error('the database is lost');
      done.push(told ? 'told' : 'over');
    },
    posted: new Set<string>(),
  };
  const notify = (more: object = {}, now = noon) =>
    notifyOf({ name: 'w1', report: { ...report, ...more }, current: false }, marks, now);
  return { done, works, notify };
}

test('a contradiction is posted once: again after Teams failed, and not again after the database failed', async () => {
  const { done, works, notify } = openAlarm();
  works.isThere = false;
  await expect(notify()).rejects.toThrow('the bot isn’t in the channel');
  Object.assign(works, { isThere: true, stores: false });
  await expect(notify()).rejects.toThrow('the database is lost');
  works.stores = true;
  await notify();
  await notify({ told: true });
  expect(done).toEqual(['posted', 'told']);
});

test('a witness that gives no signature for three hours is posted once, and again when that happens again', async () => {
  const { done, notify } = openAlarm();
  const silent = { contradiction: null, asked: { ...asked, outcome: 'no-answer' } };
  await notify(silent, later(2));
  expect(done).toEqual([]);
  await notify(silent, later(4));
  await notify({ ...silent, told: true }, later(5));
  const signed = { size: 8, at: later(6) };
  await notify({ contradiction: null, asked: { ...asked, outcome: 'signed' }, signed, told: true }, later(6));
  await notify({ ...silent, signed }, later(10));
  expect(done).toEqual(['posted', 'told', 'over', 'posted', 'told']);
});
