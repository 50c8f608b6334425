import { jest } from '@jest/globals';
import { startWeeklyDigest } from '../../../src/workflow/weekly-digest.ts';
import { memoryDocuments } from '../../support/builders/memory-documents.ts';

/** When the weekly digest is posted: each start of a replica looks once. 2 March 2026 was a Monday. */

let documents: ReturnType<typeof memoryDocuments>;
let posted: string[];
let warnings: number;
/** Teams doesn't take it. */
let isDown: boolean;
/** One replica at a time has the lock. */
let isLocked: boolean;
/** Turned on in the week before. */
beforeEach(async () => {
  documents = memoryDocuments();
  [posted, warnings, isDown, isLocked] = [[], 0, false, false];
  await look('2026-02-25T12:00:00Z');
});

const tryLocked = async (work: () => Promise<void>): Promise<void> => {
  if (isLocked) return;
  isLocked = true;
  await work().finally(() => {
    isLocked = false;
  });
};

/** `killed`: after Teams took it. `meanwhile`: happens while the digest is prepared. */
const start = (time: string, day = 1, killed = false, meanwhile = async (): Promise<void> => undefined) =>
  startWeeklyDigest({
    documents,
    day,
    now: () => new Date(time),
    tryLocked,
    prepare: async (due) => {
      await meanwhile();
      return async () => {
        if (isDown) throw new Error('Teams is down');
        posted.push(due.toISOString().slice(0, 10));
        if (killed) await new Promise(() => undefined);
      };
    },
    log: {
      warn: () => {
        warnings += 1;
      },
    },
  });
const look = (time: string, day?: number): Promise<void> => start(time, day).stop();

test('once for replicas that look at the same time', async () => {
  const replicas = [start('2026-03-02T06:00:00Z'), start('2026-03-02T06:00:00Z'), start('2026-03-02T06:00:00Z')];
  await Promise.all(replicas.map((one) => one.stop()));
  expect(posted).toEqual(['2026-03-02']);
});

test('once, although the lock ended with its connection while the digest was prepared', async () => {
  const slow = start('2026-03-02T06:00:00Z', 1, false, async () => {
    isLocked = false;
    await look('2026-03-02T06:00:10Z');
  });
  await slow.stop();
  expect([posted, warnings]).toEqual([['2026-03-02'], 0]);
});

test('again after Teams was down', async () => {
  isDown = true;
  await look('2026-03-02T06:00:00Z');
  expect([posted, warnings]).toEqual([[], 1]);
  isDown = false;
  await look('2026-03-02T09:00:00Z');
  expect(posted).toEqual(['2026-03-02']);
});

test('again after the time was stored, but the answer of the database was lost', async () => {
  const { write } = documents;
  documents.write = async (changes) => {
    await write(changes);
    documents.write = write;
    throw new Error('no answer');
  };
  await look('2026-03-02T06:00:00Z');
  expect([posted, warnings]).toEqual([[], 1]);
  await look('2026-03-02T06:05:00Z');
  expect(posted).toEqual(['2026-03-02']);
});

/** The next change is stored, its answer is lost, and the read after that fails. */
function loseAnswerAndConnection(): void {
  const { write, read } = documents;
  documents.write = async (changes) => {
    await write(changes);
    documents.write = write;
    documents.read = async () => {
      documents.read = read;
      throw new Error('no connection');
    };
    throw new Error('no answer');
  };
}

test('again after the database failed with its answer lost, and was still away when the time had to be set back', async () => {
  loseAnswerAndConnection();
  jest.useFakeTimers();
  const failed = start('2026-03-02T06:00:00Z');
  await jest.advanceTimersByTimeAsync(400_000);
  await failed.stop();
  jest.useRealTimers();
  expect(posted).toEqual(['2026-03-02']);
});

test('again after the database was still away when the time had to be set back, and the process was stopped', async () => {
  await look('2026-02-25T12:00:00Z');
  loseAnswerAndConnection();
  await look('2026-03-02T06:00:00Z');
  await look('2026-03-02T06:01:00Z');
  expect(posted).toEqual(['2026-03-02']);
});

test('again after the database carried out the statement only when the bot had given it up', async () => {
  await look('2026-02-25T12:00:00Z');
  const { write, read } = documents;
  documents.write = async (changes) => {
    documents.write = write;
    documents.read = async (keys) => {
      documents.read = read;
      const before = await read(keys);
      await write(changes);
      return before;
    };
    throw new Error('no answer');
  };
  jest.useFakeTimers();
  const late = start('2026-03-02T06:00:00Z');
  await jest.advanceTimersByTimeAsync(400_000);
  await late.stop();
  jest.useRealTimers();
  expect(posted).toEqual(['2026-03-02']);
});

test('once, although the time had to be set back after another replica had stored and posted', async () => {
  const { write } = documents;
  documents.write = async () => {
    documents.write = write;
    isLocked = false;
    await look('2026-03-02T06:00:10Z');
    throw new Error('no connection');
  };
  await look('2026-03-02T06:00:00Z');
  await look('2026-03-02T06:10:00Z');
  expect(posted).toEqual(['2026-03-02']);
});

test('minutes after Teams was slow and then down, not at once', async () => {
  jest.useFakeTimers();
  let times = 0;
  const slow = start('2026-03-02T06:00:00Z', 1, false, () => {
    times += 1;
    return new Promise((_, reject) => setTimeout(() => reject(new Error('Teams is down')), 60_000));
  });
  await jest.advanceTimersByTimeAsync(200_000);
  expect([times, warnings]).toEqual([1, 1]);
  await jest.advanceTimersByTimeAsync(200_000);
  expect(times).toBe(2);
  const stopped = slow.stop();
  await jest.advanceTimersByTimeAsync(60_000);
  await stopped;
  jest.useRealTimers();
});

test('after a clock that was far ahead, in the next week', async () => {
  documents = memoryDocuments();
  await look('2031-03-05T12:00:00Z');
  await look('2026-03-03T12:00:00Z');
  expect(posted).toEqual([]);
  await look('2026-03-09T06:00:00Z');
  expect(posted).toEqual(['2026-03-09']);
});

test('once, although the process was killed after Teams took it', async () => {
  void start('2026-03-02T06:00:00Z', 1, true).stop();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(posted).toEqual(['2026-03-02']);
  // The lock is the dead process's.
  isLocked = false;
  await look('2026-03-02T06:01:00Z');
  expect(posted).toEqual(['2026-03-02']);
});

test('one, for the last week, after a stop of many', async () => {
  for (const time of ['2026-06-03T12:00:00Z', '2026-06-03T12:00:10Z']) await look(time);
  expect(posted).toEqual(['2026-06-01']);
});
