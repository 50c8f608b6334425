/**
 * Prometheus metrics of this process. Metrics from the database are the same in every replica. Labels are program terms,
 * never IDs, names or texts, which would create unlimited series and reveal who did what.
 */
import { collectDefaultMetrics, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import type { ClockSkew } from '../domain/clock-skew.ts';
import type { Failure } from '../domain/failure.ts';
import type { Documents, Jobs, Requests } from '../domain/ports/store.ts';
import { type Call, callRefusalReasons, callTypes } from '../domain/ports/telemetry.ts';
import { type DocumentFault, documentFaults } from '../domain/record/seals.ts';
import type { RefusalCode } from '../domain/request/refusal.ts';
import type { WitnessSummary } from '../domain/witnessing.ts';
import { type WriteHealth, writeRejections } from '../domain/write-health.ts';
import { type Create, creatorsIn } from './create-metrics.ts';
import { type DriftMetricsPorts, normalIntervals, watchDrifts } from './drift-metrics.ts';
import { trackOverdue } from './overdue.ts';
import type { MetricSnapshot } from './telemetry.ts';

export interface MetricsPorts extends DriftMetricsPorts {
  readonly requests: Pick<Requests, 'countOpen'>;
  readonly jobs: Pick<Jobs, 'oldestDue' | 'mostAttempts' | 'orphans'>;
  readonly documents: Pick<Documents, 'read' | 'write'>;
  readonly clock: { look(): Promise<ClockSkew | null> };
  readonly storing: Pick<WriteHealth, 'counts'> & { readonly isWritable: () => boolean };
  readonly refusedDocuments: Readonly<Record<DocumentFault, number>>;
  readonly witnessing: (() => Promise<WitnessSummary>) | null;
  /** Interval of publishing. Null: the audit log isn't published. */
  readonly publishMs: number | null;
}

/** All reasons exist from the start. An alert on growth doesn't detect a series that starts with its first rejection. */
function watchWriteHealth({ counted, query }: Create, { counts, isWritable }: MetricsPorts['storing']): void {
  const refusals = 'Statements that the database answered with no, by why it takes nothing';
  counted('cmk_store_refusals_total', refusals, ['reason'], (counter) => {
    for (const reason of writeRejections) counter.inc({ reason }, counts()[reason]);
  });
  const storing =
    '0 while the last renewal of claims failed, or the database has refused something within a minute and stored nothing since; else 1';
  query('cmk_storing', storing, [], async (gauge) => gauge.set(isWritable() ? 1 : 0));
}

/** Counts what someone else put into the database: documents without a valid seal, and rows that no event asks for. */
function watchForged({ counted }: Create, { refusedDocuments, jobs }: MetricsPorts): void {
  const rows = 'Rows in the database that were dropped because no event asks for them';
  counted('cmk_rows_dropped_total', rows, [], (counter) => counter.inc(jobs.orphans()));
  const documents =
    'Documents in the database that were ignored because their seal is missing or wrong, by what is wrong';
  counted('cmk_documents_refused_total', documents, ['fault'], (counter) => {
    for (const fault of documentFaults) counter.inc({ fault }, refusedDocuments[fault]);
  });
}

/**
 * The witness's name is the only name used as a label. There are few, and operators configure them. `look`: null if no witness is
 * configured; then the metrics have no values.
 */
function watchWitnesses({ query }: Create, look: (() => Promise<WitnessSummary>) | null): void {
  const differs = '1 while a witness is known to have signed a different version of the audit log';
  query('cmk_witness_contradicts', differs, ['witness'], async (gauge) => {
    gauge.reset();
    for (const { name, report } of (await look?.())?.witnesses ?? [])
      gauge.set({ witness: name }, report !== null && report.contradiction !== null ? 1 : 0);
  });
  const missing = 'How many more witnesses would have to sign the newest checkpoint for it to count as witnessed';
  query('cmk_witnesses_missing', missing, [], async (gauge) => {
    const found = await look?.();
    // Before the first event there is no checkpoint, and no witness was asked.
    const isAsked = found?.witnesses.some(({ report }) => report !== null) === true;
    gauge.set(isAsked ? Math.max(0, found.needed - found.current) : 0);
  });
}

/** Refusals for which people can have alerts: of approvals, and of people without a role. */
const watchedRefusals: readonly RefusalCode[] = [
  'own-request',
  'not-an-approver',
  'sign-in-other-person',
  'no-role',
  'guest',
];

/** The library spells each type in two ways. */
function figureOf({ name, help, type, values }: MetricObjectWithValues<MetricValue<string>>): MetricSnapshot {
  const kind = type.toString();
  if (kind !== 'counter' && kind !== 'gauge' && kind !== 'histogram') throw new Error(`${name} is a ${kind}`);
  return { name, help, type: kind, values: values.map(({ labels, ...one }) => ({ ...one, labels: defined(labels) })) };
}

const defined = (labels: Partial<Record<string, string | number>>): Readonly<Record<string, string | number>> =>
  Object.fromEntries(Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

export function openMetrics(ports: MetricsPorts) {
  const { requests, jobs, documents, clock, watchMs, now } = ports;
  const register = new Registry();
  collectDefaultMetrics({ register });
  const create = creatorsIn(register);
  const { counter, query } = create;
  const calls = counter(
    'cmk_calls_total',
    'Calls of Teams, by what they were and how they were answered',
    'type',
    'outcome',
  );
  const refusedCalls = counter('cmk_calls_refused_total', 'Calls that did not reach the bot, by reason', 'reason');
  const refusals = counter(
    'cmk_refusals_total',
    'Refused actions on requests, and what people without a role typed or clicked, by reason code',
    'code',
  );
  const failures = counter(
    'cmk_azure_failures_total',
    'Calls of Azure that did not do as asked, by what must be done next',
    'next',
  );
  // All words exist from the start. An alert on growth doesn't detect a series that starts with its first count.
  for (const type of callTypes) calls.inc({ type, outcome: 'failed' }, 0);
  for (const reason of callRefusalReasons) refusedCalls.inc({ reason }, 0);
  for (const code of watchedRefusals) refusals.inc({ code }, 0);
  failures.inc({ next: 'ask' }, 0);
  query('cmk_requests_open', 'Requests that have not ended, by state', ['state'], async (gauge) => {
    for (const [state, count] of Object.entries(await requests.countOpen())) gauge.set({ state }, count);
  });
  query('cmk_outbox_age_seconds', 'For how long the oldest work that is due has waited', [], async (gauge) => {
    const due = await jobs.oldestDue(now());
    gauge.set(due === null ? 0 : Math.max(0, (now().getTime() - due.getTime()) / 1_000));
  });
  const attempts = 'How often the work that failed most has failed in a row';
  query('cmk_outbox_attempts', attempts, [], async (gauge) => gauge.set(await jobs.mostAttempts()));
  const ahead =
    'How far this process’s clock, or the last stored event, is ahead of the database’s clock (below 0: behind) where that is more than a minute; else 0';
  query('cmk_clock_ahead_seconds', ahead, ['what'], async (gauge) => {
    const apart = await clock.look();
    for (const what of ['clock', 'record'] as const)
      gauge.set({ what }, apart?.kind === what ? apart.aheadMs / 1_000 : 0);
  });
  watchWriteHealth(create, ports.storing);
  watchForged(create, ports);
  const publishing = trackOverdue({ documents, key: 'publishing/last', normalMs: ports.publishMs, now });
  const watchedMs = watchMs === null ? null : normalIntervals * watchMs;
  // Cycles of the key watch that could read and judge every agent.
  const watching = trackOverdue({ documents, key: 'watch/last', normalMs: watchedMs, now });
  const published = 'For how long no replica has published the audit log, beyond the interval';
  query('cmk_publish_overdue_seconds', published, [], async (gauge) => gauge.set(await publishing.seconds()));
  watchWitnesses(create, ports.witnessing);
  return {
    ...watchDrifts(create, ports, watching),
    publishing,
    watching,
    contentType: register.contentType,
    text: () => register.metrics(),
    figures: async () => (await register.getMetricsAsJSON()).map(figureOf),
    count({ type, status, reason }: Call) {
      calls.inc({ type, outcome: status < 400 ? 'answered' : status < 500 ? 'refused' : 'failed' });
      if (reason !== null) refusedCalls.inc({ reason });
    },
    azureFailed: ({ next }: Failure) => failures.inc({ next }),
    /** Counts a refusal that no append of `requests` counts. */
    refused: (code: RefusalCode) => refusals.inc({ code }),
    requests: (given: Requests): Requests => ({
      ...given,
      async append(id, cause, decide) {
        const answer = await given.append(id, cause, decide);
        if (answer.kind === 'refused') refusals.inc({ code: answer.code });
        return answer;
      },
    }),
  };
}
