import { expect, it } from '@jest/globals';
import { ownSubscription } from '../../../src/domain/policy/rules.ts';
import { permittedWords } from '../../../src/text/keys.ts';

it.each([
  [ownSubscription, 'those in the agent’s own subscription'],
  [[{ names: ['kv-a', 'kv-b'] }], 'those named kv-a or kv-b in the agent’s own subscription'],
  [
    [
      { subscriptions: ['4000'], resourceGroups: ['rg-keys'] },
      { subscriptions: ['*'], names: ['*'] },
    ],
    'those of group rg-keys in subscription 4000; those in every subscription',
  ],
])('%j: %s', (permits, words) => {
  expect(permittedWords(permits)).toBe(words);
});
