import type { Job } from '../../src/domain/ports/store.ts';
import { approve, plan, submit } from '../support/builders/commands.ts';
import { appliedPolicy, requestId, resourceId } from '../support/builders/fixtures.ts';
import { type TestStore, testDatabases } from '../support/store/test-stores.ts';

/** Jobs: what is inserted with the events, and how claims are given, renewed and lost. By the database's own clock. */

const databases = testDatabases();

describe('jobs', () => {
  let store: TestStore;
  let last = 0;
  const later = (seconds: number): Date => new Date(Date.now() + seconds * 1_000);
  const submitted = async () => {
    last += 1;
    const policy = appliedPolicy({ expiresAt: later(1_000).toISOString() });
    await store.append(requestId(last), 'submit', submit({ plan: plan(resourceId(`bot-${last}`)), policy }));
    return requestId(last);
  };
  const claim = (limit = 50, onlyUrgent = false) => store.jobs.claim(limit, onlyUrgent);
  const claimOne = async (): Promise<Job> => {
    const [job] = await claim();
    if (job === undefined) throw new Error('nothing was due');
    return job;
  };
  const kinds = async () => (await claim()).map(({ kind }) => kind).sort();
  /** As if so many seconds had passed since. */
  const passed = (seconds: number) =>
    store.sql(
      `update pgboss.job set start_after = start_after - $1::interval, heartbeat_on = heartbeat_on - $1::interval,
        started_on = started_on - $1::interval`,
      [`${seconds} s`],
    );
  /** The engine looks at most once a second. */
  const freeLost = async () => {
    await store.sql('update pgboss.queue set monitor_claim_on = null, monitor_on = null');
    await store.jobs.freeLostClaims();
  };

  beforeAll(async () => {
    store = await databases.start(await databases.fresh());
  });
  beforeEach(() => store.sql('delete from pgboss.job'));

  it('are inserted with the events, due at their times, and handed to one claimer', async () => {
    const id = await submitted();
    const [job, ...others] = await claim();
    expect(job).toMatchObject({ stream: id, kind: 'show', key: '', attempts: 0 });
    expect(others).toEqual([]);
    expect(await claim()).toEqual([]);
    await passed(1_000);
    expect(await kinds()).toEqual(['audit', 'expire', 'remind']);
  });

  it('are not inserted if the events are not', async () => {
    const id = await submitted();
    await store.sql('delete from pgboss.job');
    await store.append(id, 'submit', submit({ plan: plan(resourceId('other')) }));
    expect(await store.sql('select 1 from pgboss.job')).toEqual([]);
  });

  it('go to exactly one of many claimers', async () => {
    for (let i = 0; i < 12; i += 1) await submitted();
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(3)));
    const ids = claims.flat().map(({ stream }) => stream);
    expect(ids).toHaveLength(12);
    expect(new Set(ids).size).toBe(12);
  });

  it('that are added again while in hand wait until then, and are due at once afterwards', async () => {
    const id = await submitted();
    const job = await claimOne();
    await store.append(id, 'click:approve', approve());
    expect(await kinds()).toEqual(['run']);
    expect(await store.jobs.finish(job)).toBe('again');
    const again = await claimOne();
    expect(again).toMatchObject({ kind: 'show', stream: id });
    expect(await store.jobs.finish(again)).toBe('gone');
  });

  it('stay with the claimer that renews them, and go to another six seconds after the last renewal', async () => {
    await submitted();
    const job = await claimOne();
    await passed(5);
    expect(await store.jobs.renew([job])).toEqual([]);
    await passed(5);
    await freeLost();
    expect(await store.jobs.isMine(job)).toBe(true);
    await passed(7);
    await freeLost();
    expect(await store.jobs.isMine(job)).toBe(false);
    const taken = (await claim()).find(({ kind }) => kind === 'show');
    expect(taken).toMatchObject({ id: job.id, retryCount: job.retryCount + 1 });
    // The first claimer learns it, and can neither finish nor give back what is another's.
    expect(await store.jobs.renew([job])).toEqual([job]);
    expect(await store.jobs.isMine(job)).toBe(false);
    expect(await store.jobs.finish(job)).toBe('lost');
    await store.jobs.release(job, { afterMs: 0 }, 1);
    expect(await store.jobs.isMine(taken as Job)).toBe(true);
    expect(await store.sql("select state from pgboss.job where data->>'kind' = 'show'")).toEqual([{ state: 'active' }]);
  });

  it('are never deleted or given up while they wait, by age or by attempts', async () => {
    const id = await submitted();
    await store.append(id, 'click:approve', approve());
    await store.sql("update pgboss.job set retry_count = 1000000 where data->>'kind' = 'run'");
    await passed(20 * 365 * 86_400);
    await store.sql('update pgboss.queue set maintain_on = null');
    for (let times = 0; times < 3; times += 1) {
      expect(await kinds()).toEqual(['audit', 'expire', 'remind', 'run', 'show']);
      await passed(60);
      await freeLost();
    }
  });

  it.each([
    ['so long from when it is given back', () => ({ afterMs: 60_000 }), 60],
    ['at a time that was stored', () => ({ at: later(300).toISOString() }), 300],
    [
      'so long, or at a stored time that comes first',
      () => ({ afterMs: 600_000, noLaterThan: later(300).toISOString() }),
      300,
    ],
  ])('given back are due again %s', async (_when, again, seconds) => {
    await submitted();
    await store.jobs.release(await claimOne(), again(), 0);
    await passed(seconds - 20);
    expect(await kinds()).not.toContain('show');
    await passed(20);
    expect(await kinds()).toContain('show');
  });

  it('put off by failures come forward when the request changes, not when its cards are only to be updated', async () => {
    const id = await submitted();
    await store.jobs.release(await claimOne(), { afterMs: 600_000 }, 1);
    await store.jobs.requestShow(id);
    expect(await claim()).toEqual([]);
    await store.append(id, 'click:approve', approve());
    expect(await kinds()).toEqual(['run', 'show']);
  });

  it('put off because Teams refuses them come forward when it might take them', async () => {
    const id = await submitted();
    const job = await claimOne();
    expect(await store.jobs.cardsDue(id)).toBe('now');
    await store.jobs.release(job, { afterMs: 600_000 }, 0);
    expect([await claim(), await store.jobs.cardsDue(id)]).toEqual([[], 'later']);
    await store.jobs.retryPosts();
    const claimed = await claim();
    expect(claimed.map(({ kind }) => kind).sort()).toEqual(['audit', 'show']);
    for (const one of claimed) await store.jobs.finish(one);
    expect(await store.jobs.cardsDue(id)).toBeNull();
  });

  it('move an expiry when a changed plan asks for approval again', async () => {
    const id = await submitted();
    await store.append(id, 'click:approve', approve());
    const policy = appliedPolicy({ expiresAt: later(5_000).toISOString() });
    const moved = { plan: plan(resourceId(`bot-${last}`)), digest: 'e'.repeat(64), policy };
    const statuses = { roleStatuses: {}, requesterStatus: 'yes' as const, approvers: [], stepUp: null };
    await store.append(id, 'run:1/check', { do: 'check-run', run: 1, ...moved, ...statuses });
    await passed(4_900);
    expect(await kinds()).not.toContain('expire');
    await passed(101);
    expect(await kinds()).toContain('expire');
  });

  it('without an event are deleted and counted: someone with access to the database added them', async () => {
    await store.sql("select cmk.add_jobs('{CMK-AAAAAA}', '{show}', '{\"\"}', '{2020-01-01}', '{null}', '{0}')");
    await store.sql("insert into pgboss.job_common (name, data, policy) values ('work', '[7]', 'stately')");
    expect(await claim()).toEqual([]);
    expect(await store.sql('select 1 from pgboss.job')).toEqual([]);
    expect(store.jobs.orphans()).toBe(2);
  });
});
