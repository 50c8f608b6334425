import { expect, test } from '@jest/globals';
import { Throttled } from '../../../src/domain/retry.ts';
import { settleAll, settleInTurn } from '../../../src/io/settle.ts';

const failing = (error: Error): Promise<never> => Promise.reject(error);

test.each([
  ['one that asks for no wait', [new Throttled(600_000), new Error('503')], '503'],
  ['otherwise the one that asks for the shortest wait', [new Throttled(600_000), new Throttled(2_000)], '2000 ms'],
])('of several failures, throws %s, after all work has ended', async (_, failures, words) => {
  for (const inOrder of [failures, failures.toReversed()]) {
    const done: string[] = [];
    const slow = new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() => {
      done.push('slow');
    });
    await expect(settleAll([...inOrder.map(failing), slow])).rejects.toThrow(words);
    await expect(settleInTurn(inOrder, failing)).rejects.toThrow(words);
    expect(done).toEqual(['slow']);
  }
});
