import type { Pool } from 'pg';
import { openClockGuard } from '../../../src/store/clock-guard.ts';
import { openOutbox } from '../../../src/store/outbox.ts';
import { startOutboxWorker } from '../../../src/workflow/outbox-worker.ts';

/** A clock that is moved for a moment, and what is due by it. */

const start = 1_800_000_000_000;
const day = 86_400_000;
const leaseMs = 5 * 60_000;

/** Ahead by a day the first time that it is read, and right from then on. */
function jumpingClock(): () => Date {
  let times = 0;
  return () => {
    times += 1;
    return new Date(start + (times === 1 ? day : 0));
  };
}

it('claims nothing by a clock that was ahead for a moment', async () => {
  const claims: (readonly unknown[])[] = [];
  const query = async (text: string, values: readonly unknown[] = []) => {
    if (text.includes('clock_timestamp')) return { rows: [{ now: new Date(start) }], rowCount: 1 };
    claims.push(values);
    return { rows: [], rowCount: 0 };
  };
  const pool = { query } as unknown as Pool;
  const clock = jumpingClock();
  const guard = openClockGuard({ kind: 'postgres', pool }, { clock });
  const never = async () => null;
  const worker = startOutboxWorker({
    outbox: openOutbox(pool, () => undefined, { clock: guard, onOrphan: () => undefined }),
    requests: null as never,
    run: never,
    show: async () => undefined,
    audit: never,
    remind: never,
    call: async () => undefined,
    seekUse: never,
    instance: 'one',
    log: { warn: () => undefined },
    tracing: null as never,
  });
  while (claims.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await worker.stop();
  const [[dueBy, leasedUntil] = []] = claims;
  expect(dueBy).toBe(new Date(start).toISOString());
  expect(leasedUntil).toBe(new Date(start + leaseMs).toISOString());
});
