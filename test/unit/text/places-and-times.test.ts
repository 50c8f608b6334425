import { readdirSync, readFileSync } from 'node:fs';

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
  // Teams' simulator tells the bot the time zone of the person's client.
  expect(uses('src', '.ts', byTheMachine)).toEqual(['sandbox/teams/inbound.ts: Intl.DateTimeFormat()']);
});

it('every program that a test starts gets the clock, the time zone and the language that the test runs with', () => {
  const own = /\b(?:PATH|HOME): process\.env\.(?:PATH|HOME)\b/g;
  expect(uses('test', '.ts', own)).toEqual([]);
});
