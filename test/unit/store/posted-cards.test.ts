import { jest } from '@jest/globals';
import { StreamId } from '../../../src/domain/ids.ts';
import { openPostedCards } from '../../../src/store/posted-cards.ts';

const card = {
  ...{ requestId: StreamId.parse('CMK-222222'), audience: 'everybody', conversationId: '19:a@thread.tacv2' },
  ...{ activityId: '1', fingerprint: 'f' },
};
const seals = { seal: () => 'sealed', isGood: () => true } as never;
const late = () => new Error('Query read timeout');

/** Stores a card. Each attempt takes 15 seconds, far longer than attempts are repeated. */
async function storeWith(answers: readonly (Error | 'stored')[]): Promise<number> {
  let now = 0;
  let attempts = 0;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
  const query = async () => {
    now += 15_000;
    const answer = answers[attempts] ?? 'stored';
    attempts += 1;
    if (answer !== 'stored') throw answer;
    return { rows: [], rowCount: 1 };
  };
  try {
    await openPostedCards({ query } as never, seals).save(card);
    return attempts;
  } catch (error) {
    throw new Error(`attempt ${attempts}`, { cause: error });
  } finally {
    clock.mockRestore();
  }
}

test('a card whose first attempt is answered too late is stored by the second one', async () => {
  expect(await storeWith([late()])).toBe(2);
});

test('a card isn’t stored by more attempts when the database stays away, nor after another error', async () => {
  await expect(storeWith([late(), late()])).rejects.toThrow('attempt 2');
  await expect(storeWith([new Error('syntax error')])).rejects.toThrow('attempt 1');
});
