import { setImmediate as turn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { Pool } from 'pg';
import { StreamId } from '../../../src/domain/ids.ts';
import { maxSkewMs } from '../../../src/domain/write-health.ts';
import { batchCalls } from '../../../src/store/batch-calls.ts';
import { openDatabaseClock } from '../../../src/store/database-clock.ts';
import { openPostedCards } from '../../../src/store/posted-cards.ts';

/** What was carried out, and how each time is answered. */
function gathered(answer: (items: readonly string[]) => Promise<readonly string[]> = async (items) => items) {
  const carriedOut: (readonly string[])[] = [];
  const ask = batchCalls((items: readonly string[]) => {
    carriedOut.push(items);
    return answer(items);
  });
  return { ask, carriedOut };
}

it('a batch carries out at once what is asked for in the same turn of the event loop, also after a promise', async () => {
  const { ask, carriedOut } = gathered();
  const later = Promise.resolve().then(() => ask(['b']));
  await expect(Promise.all([ask(['a']), later])).resolves.toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
  expect(carriedOut).toEqual([['a', 'b']]);
});

it('a batch reads anew what is asked for while the answer is under way', async () => {
  const { ask, carriedOut } = gathered(async (items) => {
    await turn();
    await turn();
    return items;
  });
  const first = ask(['a']);
  await turn();
  await expect(Promise.all([first, ask(['a'])])).resolves.toEqual([['a'], ['a']]);
  expect(carriedOut).toEqual([['a'], ['a']]);
});

it('a batch tells everybody who asked what went wrong, and asks again the next time', async () => {
  let fails = true;
  const { ask } = gathered(async (items) => {
    if (fails) throw new Error('away');
    return items;
  });
  const both = await Promise.allSettled([ask(['a']), ask(['b'])]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  await expect(ask(['c'])).resolves.toEqual(['c']);
});

const day = 86_400_000;

/** A database whose clock is that far from this process's; nothing is stored in it. */
const databaseAhead = (ms: number) => {
  const head = { seq: '0', hash: '', time: null };
  const query = async (text: string) => ({
    rows: [text.includes('clock_timestamp') ? { now: new Date(Date.now() + ms) } : head],
    rowCount: 1,
  });
  return { kind: 'postgres', pool: { query } as unknown as Pool } as const;
};

it('the clock has the database’s time, whatever this process’s clock says', async () => {
  const clock = openDatabaseClock(databaseAhead(day), {});
  await clock.sync();
  expect(Math.abs(clock.now().getTime() - Date.now() - day)).toBeLessThan(maxSkewMs);
});

it('the clock is not set back by an answer that was long on its way, and is set right by one that differs', async () => {
  const clock = openDatabaseClock(databaseAhead(0), {});
  await clock.sync();
  const before = clock.now();
  // Read 50 s ago, and asked for before that.
  clock.heard(new Date(before.getTime() - 50_000), performance.now() - 60_000);
  expect(clock.now().getTime()).toBeGreaterThanOrEqual(before.getTime());
  clock.heard(new Date(before.getTime() + day), performance.now() - 60_000);
  expect(clock.now().getTime()).toBeGreaterThanOrEqual(before.getTime() + day);
  clock.heard(new Date(before.getTime() - day), performance.now() - 60_000);
  expect(clock.now().getTime()).toBeLessThan(before.getTime());
});

it.each([
  ['ahead', -day, 1],
  ['behind', day, -1],
])('tells that this process’s clock is %s, once, and that it no longer is', async (_how, ms, sign) => {
  let database = databaseAhead(ms);
  const told: (number | null)[] = [];
  const pool = { query: (text: string) => database.pool.query(text) } as unknown as Pool;
  const clock = openDatabaseClock({ pool }, { onClock: (apart) => told.push(apart?.aheadMs ?? null) });
  expect(Math.sign((await clock.look())?.aheadMs ?? 0)).toBe(sign);
  await clock.look();
  database = databaseAhead(0);
  expect(await clock.look()).toBeNull();
  await clock.look();
  expect(told.map((one) => (one === null ? null : Math.sign(one)))).toEqual([sign, null]);
});

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
