/**
 * Prometheus metrics of this process. Metrics from the database are the same in every replica. Labels are program terms,
 * never IDs, names or texts, which would create unlimited series and reveal who did what.
 */
import { Counter, collectDefaultMetrics, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import type { Failure } from '../domain/failure.ts';
import type { Documents, Drifts, Outbox, Requests } from '../domain/ports/store.ts';
import { type Call, type CallMetrics, callRefusalReasons, callTypes } from '../domain/ports/telemetry.ts';
import type { DocumentFault } from '../domain/record/chain.ts';
import type { RefusalCode } from '../domain/request/refusal.ts';
import type { WitnessSummary } from '../domain/witnessing.ts';
import type { ClockSkew } from '../domain/write-health.ts';
import { type DriftFigures, type WatchOptions, watchDrifts } from './drift-gauges.ts';
import {
  queryGauge,
  type WatchedWriteHealth,
  watchForged,
  watchPublishing,
  watchWitnesses,
  watchWriteHealth,
} from './gauges.ts';
import { type Overdue, trackOverdue } from './overdue.ts';
import type { MetricSnapshot } from './telemetry.ts';

export interface Metrics extends CallMetrics, DriftFigures {
  readonly figures: () => Promise<readonly MetricSnapshot[]>;
  azureFailed(failure: Failure): void;
  /** Counts a refusal that no append of {@link Metrics.requests} counts. */
  refused(code: RefusalCode): void;
  readonly publishing: Overdue;
  requests(requests: Requests): Requests;
}

export interface MetricsPorts {
  readonly requests: Pick<Requests, 'countOpen'>;
  readonly outbox: Pick<Outbox, 'oldestDue' | 'mostAttempts' | 'orphans'>;
  readonly drifts: Pick<Drifts, 'open'>;
  readonly documents: Pick<Documents, 'read' | 'write'>;
  readonly clock: { look(): Promise<ClockSkew | null> };
  readonly storing: WatchedWriteHealth;
  readonly refusedDocuments: Readonly<Record<DocumentFault, number>>;
  /** Null: no witness is configured. */
  readonly witnessing: (() => Promise<WitnessSummary>) | null;
  readonly watch: WatchOptions | null;
  /** Interval of publishing. Null: the audit log isn't published. */
  readonly publishMs: number | null;
  readonly now: () => Date;
}

/** Refusals for which people can have alerts: of approvals, and of people without a role. */
const watchedRefusals: readonly RefusalCode[] = [
  'own-request',
  'not-an-approver',
  'sign-in-other-person',
  'no-role',
  'guest',
];

/** Converts a metric. The library spells each type in two ways. */
function figureOf({ name, help, type, values }: MetricObjectWithValues<MetricValue<string>>): MetricSnapshot {
  const kind = type.toString();
  if (kind !== 'counter' && kind !== 'gauge' && kind !== 'histogram') throw new Error(`${name} is a ${kind}`);
  return { name, help, type: kind, values: values.map(({ labels, ...one }) => ({ ...one, labels: defined(labels) })) };
}

const defined = (labels: Partial<Record<string, string | number>>): Readonly<Record<string, string | number>> =>
  Object.fromEntries(Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

export function openMetrics({
  requests,
  outbox,
  drifts,
  documents,
  clock,
  storing,
  refusedDocuments,
  witnessing,
  watch,
  publishMs,
  now,
}: MetricsPorts): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers: [register] });
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
  const openFigure = {
    name: 'cmk_requests_open',
    help: 'Requests that have not ended, by state',
    labelNames: ['state'],
  };
  queryGauge(register, openFigure, async (gauge) => {
    for (const [state, count] of Object.entries(await requests.countOpen())) gauge.set({ state }, count);
  });
  const ageFigure = { name: 'cmk_outbox_age_seconds', help: 'For how long the oldest work that is due has waited' };
  queryGauge(register, ageFigure, async (gauge) => {
    const due = await outbox.oldestDue(now());
    gauge.set(due === null ? 0 : Math.max(0, (now().getTime() - due.getTime()) / 1_000));
  });
  const attemptsFigure = {
    name: 'cmk_outbox_attempts',
    help: 'How often the work that failed most has failed in a row',
  };
  queryGauge(register, attemptsFigure, async (gauge) => gauge.set(await outbox.mostAttempts()));
  const clockFigure = {
    name: 'cmk_clock_ahead_seconds',
    help: 'How far this process’s clock, or the last stored event, is ahead of the database’s clock (below 0: behind) where that is more than a minute; else 0',
    labelNames: ['what'],
  };
  queryGauge(register, clockFigure, async (gauge) => {
    const apart = await clock.look();
    for (const what of ['clock', 'record'] as const) {
      gauge.set({ what }, apart?.kind === what ? apart.aheadMs / 1_000 : 0);
    }
  });
  watchWriteHealth(register, storing);
  watchForged(register, refusedDocuments, outbox.orphans);
  const publishing = trackOverdue({ documents, key: 'publishing/last', normalMs: publishMs, now });
  watchPublishing(register, publishing);
  watchWitnesses(register, witnessing);
  return {
    ...watchDrifts(register, drifts, now, watch),
    publishing,
    contentType: register.contentType,
    text: () => register.metrics(),
    figures: async () => (await register.getMetricsAsJSON()).map(figureOf),
    count({ type, status, reason }: Call) {
      calls.inc({ type, outcome: status < 400 ? 'answered' : status < 500 ? 'refused' : 'failed' });
      if (reason !== null) refusedCalls.inc({ reason });
    },
    azureFailed: ({ next }) => failures.inc({ next }),
    refused: (code) => refusals.inc({ code }),
    requests: (given) => ({
      ...given,
      async append(id, cause, decide) {
        const answer = await given.append(id, cause, decide);
        if (answer.kind === 'refused') refusals.inc({ code: answer.code });
        return answer;
      },
    }),
  };
}
