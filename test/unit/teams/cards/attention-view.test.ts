import { expect, test } from '@jest/globals';
import { attentionHeadline } from '../../../../src/teams/cards/views/attention-view.ts';
import { blocked } from '../../../support/card-failures.ts';
import { names } from '../../../support/card-readers.ts';
import { approves, asked, checked, done, requestOf, type Turn } from '../../../support/card-turns.ts';

const began: readonly Turn[] = [asked(), approves(), checked()];
const headline = (...turns: readonly Turn[]): string => {
  const request = requestOf(...turns, { do: 'stop-run', run: 1, failure: blocked });
  if (request.state !== 'needs-attention') throw new Error(request.state);
  return attentionHeadline(request, names);
};

test('a check that stops a run says whether something was changed, and what', () => {
  expect(headline(...began)).toBe('A check stopped the run before its first change');
  const already = done(1, 'enable-identity', { already: true });
  expect(headline(...began, ...already)).toBe('A check stopped the run before its first change');
  const [first, second] = [done(1, 'enable-identity'), done(1, 'grant-key-access')];
  expect(headline(...began, ...first, ...second)).toMatch(/^A check stopped the run\. Already done: .+, .+$/);
});
