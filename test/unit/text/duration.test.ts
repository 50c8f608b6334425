import { expect, test } from '@jest/globals';
import { durationWords, shortDuration } from '../../../src/text/instants.ts';

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
])('%d milliseconds are %s', (ms, words) => {
  expect(shortDuration(ms)).toBe(words);
});

test.each([
  [40_000, '40 seconds'],
  [118_000, '2 minutes'],
  [7_200_000, '2 hours'],
])('%d milliseconds are about %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});
