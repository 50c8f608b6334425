import { readdirSync, readFileSync } from 'node:fs';
import { fromNow, utcClock, utcDay, utcMinute, utcSecond, utcTimeOfDay } from '../../../src/text/instants.ts';

it('says times in UTC, the day first, whatever form they came in', () => {
  const time = '2026-08-21T10:12:03.999+02:00';
  expect([utcDay(time), utcMinute(time), utcSecond(time), utcTimeOfDay(time), utcClock(time)]).toEqual([
    '2026-08-21',
    '2026-08-21 08:12 UTC',
    '2026-08-21 08:12:03 UTC',
    '08:12:03',
    '08:12 UTC',
  ]);
  expect(utcDay('2028-01-12')).toBe('2028-01-12');
});

it('says how long is left, and how long ago it was', () => {
  const now = new Date('2026-08-21T08:00:00Z');
  expect(fromNow('2026-08-24T08:00:00Z', now)).toBe('3 days left');
  expect(fromNow('2026-08-21T05:00:00Z', now)).toBe('3 hours ago');
  expect(fromNow('2026-08-21T07:59:30Z', now)).toBe('just now');
});

/** Another form would have come about in one of these ways. */
const otherForms =
  /slice\((?:0|11), ?1[069]\)(?!\)? ?(?:as|===))|DateTimeFormat|toLocale(?:Date|Time)?String|toUTCString/;

it('is the only place that puts a time into text for people', () => {
  const folders = ['src/text', 'src/operator', 'src/teams/cards', 'src/operations/commands'];
  const found = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && file !== 'instants.ts' && !/^(setup|packaging)\//.test(file))
      .filter((file) => otherForms.test(readFileSync(`${folder}/${file}`, 'utf8')))
      .map((file) => `${folder}/${file}`),
  );
  // What a date input holds, and what the client turns into the reader's own form.
  expect(found).toEqual(['src/teams/cards/plain-text.ts', 'src/teams/cards/views/form-key-view.ts']);
});
