import { readFileSync } from 'node:fs';
import type { WitnessSummary } from '../../../src/domain/witnessing.ts';
import { openMetrics } from '../../../src/observability/metrics.ts';
import { memoryDocuments } from '../../support/builders/memory-documents.ts';
import { memoryRequests } from '../../support/builders/memory-requests.ts';
import { noon, version } from '../../support/builders/plans.ts';

const minutes = (count: number): number => count * 60_000;

/** The metrics of a bot with an empty database. `pass` moves the time. */
function opened(
  watchMs: number | null = minutes(10),
  publishMs: number | null = minutes(1),
  documents = memoryDocuments(),
  witnessing: (() => Promise<WitnessSummary>) | null = null,
) {
  let ms = noon.getTime();
  const now = () => new Date(ms);
  const metrics = openMetrics({
    requests: memoryRequests(now),
    jobs: { oldestDue: async () => null, mostAttempts: async () => 12, orphans: () => 2 },
    drifts: { open: async () => new Map() },
    documents,
    clock: { look: async () => null },
    storing: {
      counts: () => ({ 'read-only': 0, 'disk-full': 0, 'not-allowed': 0, 'server-trouble': 0 }),
      isWritable: () => true,
    },
    refusedDocuments: { 'seal-key-unknown': 0, 'seal-differs': 0 },
    ...{ witnessing, watchMs, publishMs, now },
  });
  const value = async (series: string) =>
    (await metrics.text())
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1];
  const pass = (passedMs: number): void => {
    ms += passedMs;
  };
  return { metrics, value, pass };
}

it('has every series at the start whose growth an alert counts', async () => {
  const rules = readFileSync(new URL('../../../infra/alerts.prometheus.yaml', import.meta.url), 'utf8');
  const counted = [...rules.matchAll(/increase\((\w+)\{(\w+)(=~|!~|=|!=)"([^"]+)"\}/g)];
  const lines = (await opened().metrics.text()).split('\n');
  const lost = counted.flatMap(([, metric = '', label = '', operator = '', words = '']) => {
    const series = lines.filter((line) => line.startsWith(`${metric}{`) && line.endsWith(' 0'));
    const has = (word: string): boolean => series.some((line) => line.includes(`${label}="${word}"`));
    const isExcluding = operator.startsWith('!');
    return words.split('|').filter((word) => !has(word) || (isExcluding && series.length <= words.split('|').length));
  });
  expect(counted.length).toBeGreaterThan(4);
  expect(lost).toEqual([]);
});

it('shows the work that failed most, and rows that were dropped', async () => {
  const { value } = opened();
  expect(await value('cmk_outbox_attempts')).toBe('12');
  expect(await value('cmk_rows_dropped_total')).toBe('2');
});

describe('the key watch', () => {
  it('shows what the last cycle here found, for three intervals', async () => {
    const { metrics, value, pass } = opened();
    metrics.watched([
      { states: [{ code: 'newer-version', keyVersion: version('a'), created: null }], unread: ['vault'] },
    ]);
    pass(minutes(30));
    expect(await value('cmk_agents_unread{part="vault"}')).toBe('1');
    expect(await value('cmk_agents_drifted{state="newer-version"}')).toBe('1');
    pass(minutes(10));
    expect(await value('cmk_agents_unread{part="vault"}')).toBe('0');
    expect(await value('cmk_agents_drifted{state="newer-version"}')).toBe('0');
  });

  it('is overdue three intervals after the last whole cycle, although another has ended here', async () => {
    const { metrics, value, pass } = opened();
    await metrics.watching.done();
    pass(minutes(60));
    metrics.watched([]);
    expect(await value('cmk_watch_overdue_seconds')).toBe('1800');
  });

  it('is never overdue where it is turned off', async () => {
    const { value } = opened(null);
    expect(await value('cmk_watch_overdue_seconds')).toBe('0');
  });
});

it('misses no signature of a witness before there is a checkpoint to sign', async () => {
  const summary = { witnesses: [{ name: 'w', report: null, current: false }], needed: 1, current: 0 };
  const { value } = opened(null, minutes(1), memoryDocuments(), async () => summary);
  expect(await value('cmk_witnesses_missing')).toBe('0');
});

describe('publishing', () => {
  it('is overdue an interval after the last success, however long that interval is', async () => {
    for (const interval of [1, 360]) {
      const { metrics, value, pass } = opened(null, minutes(interval));
      pass(minutes(interval));
      expect(await value('cmk_publish_overdue_seconds')).toBe('0');
      pass(minutes(1));
      expect(await value('cmk_publish_overdue_seconds')).toBe('60');
      await metrics.publishing.done();
      expect(await value('cmk_publish_overdue_seconds')).toBe('0');
    }
  });

  it('is overdue since the last success of any replica, also after a restart', async () => {
    const documents = memoryDocuments();
    const replica = () => opened(null, minutes(1), documents);
    const series = 'cmk_publish_overdue_seconds';
    const [first, second] = [replica(), replica()];
    expect(await first.value(series)).toBe('0');
    for (const one of [first, second]) one.pass(minutes(61));
    const restarted = replica();
    restarted.pass(minutes(61));
    expect(await restarted.value(series)).toBe('3600');
    await second.metrics.publishing.done();
    for (const one of [first, second, restarted]) expect(await one.value(series)).toBe('0');
  });

  it('isn’t overdue here while the database can’t store the last success', async () => {
    const documents = memoryDocuments();
    const { metrics, value, pass } = opened(null, minutes(1), documents);
    await metrics.publishing.done();
    pass(minutes(61));
    const write = async () => {
      throw new Error('cannot execute INSERT in a read-only transaction');
    };
    Object.assign(documents, { write });
    await expect(metrics.publishing.done()).rejects.toThrow('read-only');
    expect(await value('cmk_publish_overdue_seconds')).toBe('0');
  });

  it('is never overdue where nothing is published', async () => {
    const { metrics, pass } = opened(null, null);
    pass(minutes(6_000));
    expect(await metrics.publishing.seconds()).toBe(0);
  });
});
