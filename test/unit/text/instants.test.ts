import { readdirSync, readFileSync } from 'node:fs';
import {
  durationWords,
  fromNow,
  shortDuration,
  utcClock,
  utcDay,
  utcMinute,
  utcSecond,
  utcTimeOfDay,
} from '../../../src/text/instants.ts';

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
      .filter((file) => file.endsWith('.ts') && file !== 'instants.ts' && !/^(app-package\/|cli\/setup)/.test(file))
      .filter((file) => otherForms.test(readFileSync(`${folder}/${file}`, 'utf8')))
      .map((file) => `${folder}/${file}`),
  );
  // What a date input holds, and what the client turns into the reader's own form.
  expect(found).toEqual(['src/teams/cards/plain-text.ts', 'src/teams/cards/views/form-key-view.ts']);
});

test.each([
  [-5, '0 s'],
  [0, '0 s'],
  [499, '0 s'],
  [40_000, '40 s'],
  [59_600, '1 min'],
  [80_000, '1 min 20 s'],
  [120_000, '2 min'],
  [3_600_000, '1 h'],
  [3_601_000, '1 h'],
  [7_380_000, '2 h 3 min'],
  [90_000_000, '1 d 1 h'],
])('%d milliseconds are %s', (ms, words) => expect(shortDuration(ms)).toBe(words));

test.each([
  [40_000, '40 seconds'],
  [118_000, '2 minutes'],
  [7_200_000, '2 hours'],
])('%d milliseconds are about %s', (ms, words) => expect(durationWords(ms)).toBe(words));

/** Files below the folder that have the pattern, with the words that match. */
const uses = (folder: string, ending: string, pattern: RegExp): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .flatMap((file) =>
      [...readFileSync(`${folder}/${file}`, 'utf8').matchAll(pattern)].map(([word]) => `${file}: ${word}`),
    );

/** Formats and order by the language of the machine, and days and hours by its time zone. */
const byTheMachine =
  /\.toLocale\w*\(\)|Intl\.\w+\((?:\)|undefined)|\.localeCompare\([^,()]*\)|\.[gs]et(?:FullYear|Month|Date|Day|Hours|Minutes)\(/g;

it('the product depends on no language and no time zone of the machine', () => {
  expect(uses('src', '.ts', byTheMachine)).toEqual([]);
  // Teams' simulator tells the bot the time zone of the person's client. Its page runs in the person's browser.
  const found = uses('sandbox', '.ts', byTheMachine).filter((one) => !one.startsWith('teams/page/'));
  expect(found).toEqual(['teams/bot.ts: Intl.DateTimeFormat()']);
});

it('every program that a test starts gets the clock, the time zone and the language that the test runs with', () => {
  const own = /\b(?:PATH|HOME): process\.env\.(?:PATH|HOME)\b/g;
  expect(uses('test', '.ts', own)).toEqual([]);
});
