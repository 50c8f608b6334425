import { beforeEach, expect, test } from '@jest/globals';
import { startWeeklyDigest } from '../../../src/workflow/weekly-digest.ts';
import { memoryDocuments } from '../../support/builders/memory-documents.ts';

/** When the weekly digest is posted: each start of a replica looks once. 2 March 2026 was a Monday. */

let documents: ReturnType<typeof memoryDocuments>;
let posted: string[];
let warnings: number;
/** Teams doesn't take it. */
let isDown: boolean;
beforeEach(() => {
  documents = memoryDocuments();
  [posted, warnings, isDown] = [[], 0, false];
});

/** One replica at a time has the lock. */
let isLocked = false;
const tryLocked = async (work: () => Promise<void>): Promise<void> => {
  if (isLocked) return;
  isLocked = true;
  await work().finally(() => {
    isLocked = false;
  });
};

const start = (time: string, day = 1) =>
  startWeeklyDigest({
    documents,
    day,
    now: () => new Date(time),
    tryLocked,
    post: async (due) => {
      if (isDown) throw new Error('Teams is down');
      posted.push(due.toISOString().slice(0, 10));
    },
    log: {
      warn: () => {
        warnings += 1;
      },
    },
  });
const look = (time: string, day?: number): Promise<void> => start(time, day).stop();

test('not for the week in which it was turned on, then once a week, whatever restarts', async () => {
  await look('2026-02-25T12:00:00Z');
  await look('2026-03-02T05:59:00Z');
  expect(posted).toEqual([]);
  for (const time of ['2026-03-02T06:00:00Z', '2026-03-02T06:00:10Z', '2026-03-04T00:00:00Z', '2026-03-08T23:00:00Z'])
    await look(time);
  expect(posted).toEqual(['2026-03-02']);
  await look('2026-03-10T12:00:00Z');
  expect(posted).toEqual(['2026-03-02', '2026-03-09']);
});

test('once for replicas that look at the same time', async () => {
  await look('2026-02-25T12:00:00Z');
  const replicas = [start('2026-03-02T06:00:00Z'), start('2026-03-02T06:00:00Z'), start('2026-03-02T06:00:00Z')];
  await Promise.all(replicas.map((one) => one.stop()));
  expect(posted).toEqual(['2026-03-02']);
});

test('again after Teams was down', async () => {
  await look('2026-02-25T12:00:00Z');
  isDown = true;
  await look('2026-03-02T06:00:00Z');
  expect([posted, warnings]).toEqual([[], 1]);
  isDown = false;
  await look('2026-03-02T09:00:00Z');
  expect(posted).toEqual(['2026-03-02']);
});

test('after a clock that was far ahead, in the next week', async () => {
  await look('2031-03-05T12:00:00Z');
  await look('2026-03-03T12:00:00Z');
  expect(posted).toEqual([]);
  await look('2026-03-09T06:00:00Z');
  expect(posted).toEqual(['2026-03-09']);
});

test('its time is written again each day, because documents that nobody writes are deleted', async () => {
  await look('2026-03-02T12:00:00Z');
  const before = documents.all();
  await look('2026-03-03T11:00:00Z');
  expect(documents.all()).toBe(before);
  await look('2026-03-03T13:00:00Z');
  expect(documents.all()).not.toBe(before);
  await look('2026-03-09T06:00:00Z');
  expect(posted).toEqual(['2026-03-09']);
});
