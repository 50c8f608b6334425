/**
 * What must follow from stored events, as jobs of pg-boss. The transaction that stores the events inserts them, with the SQL
 * function `cmk.add_jobs`. A job names a kind, a request and a key only: its worker reads the events, so a job that no event
 * asks for has no effect.
 */
import type { Pool, PoolClient } from 'pg';
import { PgBoss } from 'pg-boss';
import { z } from 'zod';
import { DriftId, RequestId, StreamId } from '../domain/ids.ts';
import type { Job, Jobs } from '../domain/ports/store.ts';
import type { Consequence, OrphanJob, RescheduleAt } from '../domain/request/consequences.ts';
import { batchCalls } from './batch-calls.ts';
import type { ChainMonitor } from './chain-monitor.ts';
import type { Database } from './database.ts';
import type { DatabaseClock } from './database-clock.ts';
import {
  addUnlessWaiting,
  cardsDue,
  makePostsDue,
  mostAttempts,
  oldestDue,
  queue,
  removeClaimed,
  replaceClaimed,
} from './pg-boss-tables.ts';
import { selectOne } from './sql.ts';

/** One waiting and one claimed job for each key: what is added while it's in hand, is done again afterwards. */
const policy = 'stately';
/** A claim that wasn't renewed for so long is given to another worker. Also in `cmk.add_jobs`. */
export const claimMs = 6_000;
/** An answer about a claim counts for so long. The claim stays valid for longer. */
const answerMs = claimMs / 2;

/** A missing kind doesn't compile. The engine claims those with a higher priority first. */
const priorities = {
  run: 1,
  expire: 1,
  retry: 1,
  use: 1,
  show: 0,
  audit: 0,
  remind: 0,
  call: 0,
  alert: 0,
  webhook: 0,
} as const satisfies { [K in Consequence['kind']]: 0 | 1 };

/** The rows of `cmk.add_jobs`: of each kind and key the last one. */
export function jobColumns(
  id: string,
  wanted: readonly Consequence[],
  trace: string | null,
): readonly (readonly unknown[])[] {
  const rows = [...new Map(wanted.map((one) => [`${one.kind} ${one.key}`, one])).values()];
  return [
    rows.map(() => id),
    rows.map(({ kind }) => kind),
    rows.map(({ key }) => key),
    rows.map(({ dueAt }) => dueAt),
    rows.map(() => trace),
    rows.map(({ kind }) => priorities[kind]),
  ];
}

/** `due`: the stored time. The engine's own changes when a claim is lost. */
const Data = z.looseObject({
  kind: z.string(),
  id: z.string(),
  key: z.string(),
  due: z.coerce.date(),
  trace: z.string().nullish(),
  attempts: z.number().optional(),
});
const Known = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('alert'), stream: DriftId }),
  z.object({ kind: z.literal('webhook'), stream: StreamId }),
  z.object({ kind: z.enum(['show', 'audit', 'run', 'expire', 'remind', 'call', 'retry', 'use']), stream: RequestId }),
]);

/** Its statements can hold a transaction of their own, which an error would leave open. */
const adapter = (pool: Pool) => ({
  async executeSql(text: string, values?: unknown[]) {
    const client = await pool.connect();
    try {
      const result = await client.query(text, values);
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  },
});

/** No timers and no rows about itself: a worker calls it when it has to do something. */
const engine = (db: ReturnType<typeof adapter>): PgBoss => {
  const options = { supervise: false, schedule: false, reindex: false, monitorVacuum: false, registerInstance: false };
  const boss = new PgBoss({ db, ...options, monitorIntervalSeconds: 1 });
  boss.on('error', () => undefined);
  return boss;
};

/** Creates or migrates the engine's tables, as their owner. An error can leave a transaction of the client open. */
export async function prepareJobs(client: PoolClient): Promise<void> {
  const boss = engine({ executeSql: (text, values) => client.query(text, values) });
  await boss.start();
  if ((await boss.getQueue(queue)) === null) await boss.createQueue(queue, { policy });
  await boss.stop({ graceful: false });
}

export interface JobTools {
  readonly clock: Pick<DatabaseClock, 'now' | 'heard'>;
  readonly monitor: Pick<ChainMonitor, 'index' | 'catchUp'>;
  /** Called for each deleted job that no event asks for. */
  readonly onOrphan?: (job: OrphanJob) => void;
}

function nextDue(again: RescheduleAt, now: Date): Date {
  if ('at' in again) return new Date(again.at);
  const latest = again.noLaterThan === undefined ? Number.POSITIVE_INFINITY : Date.parse(again.noLaterThan);
  return new Date(Math.min(now.getTime() + again.afterMs, latest));
}

const Touched = z.object({ affected: z.number(), settled: z.array(z.string()).default([]) });

export function openJobs(
  { pool, claimPool }: Pick<Database, 'pool' | 'claimPool'>,
  onWritten: Jobs['onWritten'],
  { clock, monitor, onOrphan }: JobTools,
): Jobs {
  const boss = engine(adapter(pool));
  const renewing = { db: adapter(claimPool) };
  let orphans = 0;
  let answering = true;
  const reportOrphan = (orphan: OrphanJob): void => {
    orphans += 1;
    onOrphan?.(orphan);
  };
  const removed = batchCalls((jobs: readonly Pick<Job, 'id' | 'retryCount'>[]) => removeClaimed(pool, jobs));

  async function requested(id: RequestId, job: Omit<Consequence, 'dueAt'>): Promise<void> {
    const dueAt = clock.now().toISOString();
    await addUnlessWaiting(pool, [...jobColumns(id, [{ ...job, dueAt }], null), [null]]);
  }

  /** Deletes what no event asks for: someone with access to the database added it. */
  async function sound(found: readonly { id: string; retryCount: number; data: unknown }[]): Promise<readonly Job[]> {
    const isRead = (id = ''): boolean => monitor.index.get(id) !== undefined;
    const parsed = found.map(({ data, ...job }) => ({ ...job, data: Data.safeParse(data).data }));
    // Another process wrote the events.
    if (!parsed.every(({ data }) => isRead(data?.id))) await monitor.catchUp(pool);
    const jobs: Job[] = [];
    for (const { id, retryCount, data } of parsed) {
      const claim = { id, retryCount };
      if (data === undefined || !isRead(data.id)) {
        await removed([claim]);
        reportOrphan({ request: data?.id ?? '', kind: data?.kind ?? '', key: data?.key ?? '' });
        continue;
      }
      const { key, due, trace = null, attempts = 0 } = data;
      const known = Known.safeParse({ kind: data.kind, stream: data.id }).data;
      // A kind that only a newer version knows: its process claims it when this claim lapses.
      if (known === undefined) continue;
      jobs.push({ ...claim, key, dueAt: due.toISOString(), attempts, traceparent: trace, ...known });
    }
    return jobs;
  }

  return {
    async claim(limit, onlyUrgent) {
      const found = await boss.fetch(queue, { batchSize: limit, ...(onlyUrgent ? { minPriority: 1 } : {}) });
      return found.length === 0 ? [] : sound(found);
    },
    async renew(jobs) {
      try {
        const askedAt = performance.now();
        const row = await selectOne(claimPool, z.object({ now: z.date() }), 'select clock_timestamp() as now');
        if (row !== null) clock.heard(row.now, askedAt);
        const given = jobs.map(({ id, retryCount }) => ({ id, retryCount }));
        const touched = jobs.length === 0 ? [] : Touched.parse(await boss.touch(queue, given, renewing)).settled;
        answering = performance.now() - askedAt < claimMs;
        const kept = new Set(touched);
        return jobs.filter(({ id }) => !kept.has(id));
      } catch (error) {
        answering = false;
        throw error;
      }
    },
    isAnswering: () => answering,
    async isMine({ id, retryCount }) {
      for (;;) {
        const askedAt = performance.now();
        if (Touched.parse(await boss.touch(queue, [{ id, retryCount }])).affected === 0) return false;
        if (performance.now() - askedAt < answerMs) return true;
      }
    },
    freeLostClaims: () => boss.supervise(queue),
    async finish(job) {
      const found = (await removed([job])).find(({ id }) => id === job.id);
      return found === undefined ? 'lost' : found.again ? 'again' : 'gone';
    },
    async release({ id, retryCount, ...job }, again, attempts) {
      const dueAt = nextDue(again, clock.now()).toISOString();
      const columns = jobColumns(job.stream, [{ ...job, dueAt }], job.traceparent);
      await replaceClaimed(pool, { id, retryCount }, [...columns, [attempts]]);
    },
    requestShow: (id) => requested(id, { kind: 'show', key: '' }),
    requestRun: (id, run) => requested(id, { kind: 'run', key: `${run}` }),
    cardsDue: (id) => cardsDue(pool, id),
    retryPosts: async () => void (await makePostsDue(pool, clock.now())),
    reportOrphan,
    orphans: () => orphans,
    oldestDue: (now) => oldestDue(pool, now),
    mostAttempts: () => mostAttempts(pool),
    onWritten,
  };
}
