import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { openDecisions } from '../../../src/bootstrap/open-published.ts';
import { openLocked } from '../../../src/bootstrap/start-log-publisher.ts';
import { notifyOf } from '../../../src/bootstrap/start-witness-alarm.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { callServer } from '../../../src/io/call-server.ts';
import { trackOverdue } from '../../../src/observability/overdue.ts';
import { type HostileAnswer, startHostileServer } from '../../support/attacks/hostile-server.ts';
import { memoryDocuments } from '../../support/builders/memory-documents.ts';
import { noon } from '../../support/builders/plans.ts';
import { surroundings } from '../../support/processes/surroundings.ts';

test('after a stop of all replicas, one that finds the lock taken waits an interval before it says that nothing is published', async () => {
  let ms = noon.getTime();
  const pass = (minutes: number) => {
    ms += minutes * 60_000;
  };
  const now = () => new Date(ms);
  const everyMs = 60_000;
  const publishing = trackOverdue({ documents: memoryDocuments(), key: 'last', normalMs: everyMs, now });
  await publishing.done();
  pass(45);
  const publish = openLocked({
    tryLocked: async () => null,
    publisher: { publish: () => Promise.reject(new Error('not without the lock')) },
    publishing,
    everyMs,
    now,
    log: { warn: () => undefined },
  });
  await publish();
  pass(2);
  await expect(publish()).rejects.toThrow('another replica holds the lock, and hasn’t published');
  await publishing.done();
  await publish();
});

/** A place that can have the decision, and what is published and told. */
async function decisionsOn(change: Partial<Parameters<typeof openDecisions>[0]> = {}) {
  let size = 2;
  let published = 0;
  const listeners: ((after: Request) => void)[] = [];
  const decisions = openDecisions({
    jobs: { onWritten: (listener) => void listeners.push(listener) },
    now: () => new Date(noon.getTime() + 6_000),
    log: { warn: () => undefined },
    checkpoints: { witnessedSize: async () => size },
    publisher: {
      compare: async () => undefined,
      publish: async () => {
        published += 1;
      },
    },
    ...change,
  });
  return { decisions, listeners, covers: (to: number) => (size = to), published: () => published };
}
const decidedAt = (seq: number, state = 'approved') => ({ state, decided: { seq, at: noon.toISOString() } }) as Request;

test('a decision counts as published once a signed checkpoint covers it, and publishing is asked for at once', async () => {
  const { decisions, listeners, covers, published } = await decisionsOn();
  expect(await decisions.isPublished(decidedAt(2))).toBe(true);
  expect(published()).toBe(0);
  for (const listener of listeners) listener(decidedAt(3));
  expect(published()).toBe(1);
  expect(await decisions.isPublished(decidedAt(3))).toBe(false);
  expect([await decisions.isDelayed(decidedAt(3)), await decisions.isDelayed(decidedAt(3, 'rejected'))]).toEqual([
    true,
    false,
  ]);
  covers(3);
  expect([await decisions.isPublished(decidedAt(3)), await decisions.isDelayed(decidedAt(3))]).toEqual([true, false]);
});

test('a decision isn’t published if the place of the log can’t be read, and counts as published without a log', async () => {
  const unread = { witnessedSize: () => Promise.reject(new Error('no answer')) };
  for (const checkpoints of [unread, null]) {
    const { decisions } = await decisionsOn({ checkpoints });
    expect(await decisions.isPublished(decidedAt(1))).toBe(checkpoints === null);
  }
});

const script = fileURLToPath(new URL('../../support/processes/stop-process.ts', import.meta.url));

test('a part that hangs keeps no process from ending, and is logged', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', script, '300'], { env: surroundings() });
  let out = '';
  let err = '';
  child.stderr.on('data', (text) => {
    err += text;
  });
  const exit = once(child, 'exit');
  for await (const text of child.stdout) {
    out += text;
    if (out === 'started\n') child.kill('SIGTERM');
  }
  expect(await exit).toEqual([1, null]);
  expect(out).toBe('started\nfirst\nsecond\nlog: the bot did not stop in time\n');
  expect(err).toBe('cmk-bot ends: it did not stop within 0.3 seconds\n');
});
const asked = { at: noon, size: 8, outcome: 'another-history', detail: '' } as const;
const contradiction = { at: noon, detail: 'it has signed 9 events, and there are 8', note: '' };
const report = { key: 'w1', since: noon, asked, signed: null, contradiction, told: false };

/** What a process does about a witness. `isThere`, `stores`: whether Teams and the database take it. */
function openAlarm() {
  const done: string[] = [];
  const works = { isThere: true, stores: true };
  const marks = {
    warn: async () => {
      if (!works.isThere) throw new Error('the bot isn’t in the channel');
      done.push('posted');
    },
    note: async (_key: string, told: boolean) => {
      if (!works.stores) throw new Error('the database is lost');
      done.push(told ? 'told' : 'over');
    },
    posted: new Set<string>(),
  };
  const notify = (more: object = {}, now = noon) =>
    notifyOf({ name: 'w1', report: { ...report, ...more }, current: false }, marks, now);
  return { done, works, notify };
}

test('a contradiction is posted once: again after Teams failed, and not again after the database failed', async () => {
  const { done, works, notify } = openAlarm();
  works.isThere = false;
  await expect(notify()).rejects.toThrow('the bot isn’t in the channel');
  Object.assign(works, { isThere: true, stores: false });
  await expect(notify()).rejects.toThrow('the database is lost');
  works.stores = true;
  await notify();
  await notify({ told: true });
  expect(done).toEqual(['posted', 'told']);
});

/** Calls to servers that answer in order to harm. */

/** The time is over only where the answer is late: on a busy machine, the first bytes can take longer than a short limit. */
const limits = { bytes: 100_000, ms: 60_000 };
/** What fits in the buffers of both sockets, on top of what is taken. */
const inSockets = 16 * 1_048_576;

test.each<[HostileAnswer, RegExp, typeof limits]>([
  ['a body without end', /^the answer is too long: more than 100000 bytes$/, limits],
  ['a packed body without end', /^the answer is packed \(gzip\)$/, limits],
  ['a cut answer', /aborted/, limits],
])('a call to another server ends at %s', async (answer, why, within) => {
  const server = await startHostileServer(answer);
  await expect(callServer(server.url, { limits: within })).rejects.toThrow(why);
  expect(server.sent()).toBeLessThan(limits.bytes + inSockets);
  await server.stop();
});

test('a call to another server follows no redirect', async () => {
  const server = await startHostileServer('a redirect to itself');
  expect((await callServer(server.url, { limits })).status).toBe(307);
  expect(server.calls()).toBe(1);
  await server.stop();
});
