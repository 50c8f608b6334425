/** Metrics of the database, of documents and of witnesses. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { type DocumentFault, documentFaults } from '../domain/record/chain.ts';
import type { WitnessSummary } from '../domain/witnessing.ts';
import { type WriteHealth, writeRejections } from '../domain/write-health.ts';
import type { Overdue } from './overdue.ts';

interface About<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: Label[];
}

/**
 * Creates a gauge that is read from the database. If reading fails, it's omitted from the scrape, so that the other metrics,
 * which report the database failure, are still returned.
 */
export function queryGauge<Label extends string>(
  register: Registry,
  about: About<Label>,
  read: (gauge: Gauge<Label>) => Promise<void>,
): void {
  const gauge: Gauge<Label> = new Gauge<Label>({
    ...about,
    registers: [register],
    collect: () =>
      read(gauge).catch(() => {
        gauge.reset();
        // After a reset, a gauge without labels would report 0.
        gauge.remove({});
      }),
  });
}

export interface WatchedWriteHealth extends Pick<WriteHealth, 'counts'> {
  readonly isWritable: () => boolean;
}

/** All reasons exist from the start. An alert on growth doesn't detect a series that starts with its first rejection. */
export function watchWriteHealth(register: Registry, { counts, isWritable }: WatchedWriteHealth): void {
  const registers = [register];
  new Counter({
    name: 'cmk_store_refusals_total',
    help: 'Statements that the database answered with no, by why it takes nothing',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const reason of writeRejections) this.inc({ reason }, counts()[reason]);
    },
  });
  new Gauge({
    name: 'cmk_storing',
    help: '0 while the last heartbeat could not be stored, or the database has refused something within a minute and stored nothing since; else 1',
    registers,
    collect() {
      this.set(isWritable() ? 1 : 0);
    },
  });
}

export function watchPublishing(register: Registry, publishing: Overdue): void {
  const figure = {
    name: 'cmk_publish_overdue_seconds',
    help: 'For how long no replica has published the audit log, beyond the interval',
  };
  queryGauge(register, figure, async (gauge) => gauge.set(await publishing.seconds()));
}

/** Counts what someone else put into the database: documents without a valid seal, and rows that no event asks for. */
export function watchForged(
  register: Registry,
  refused: Readonly<Record<DocumentFault, number>>,
  orphans: () => number,
): void {
  const registers = [register];
  new Counter({
    name: 'cmk_rows_dropped_total',
    help: 'Rows in the database that were dropped because no event asks for them',
    registers,
    collect() {
      this.reset();
      this.inc(orphans());
    },
  });
  new Counter({
    name: 'cmk_documents_refused_total',
    help: 'Documents in the database that were ignored because their seal is missing or wrong, by what is wrong',
    labelNames: ['fault'],
    registers,
    collect() {
      this.reset();
      for (const fault of documentFaults) this.inc({ fault }, refused[fault]);
    },
  });
}

// Metrics of witnesses. The witness's name is the only name used as a label. There are few, and operators configure them.

/** `look`: null if no witness is configured; then the metrics have no values. */
export function watchWitnesses(register: Registry, look: (() => Promise<WitnessSummary>) | null): void {
  const differs = {
    name: 'cmk_witness_contradicts',
    help: '1 while a witness is known to have signed a different version of the audit log',
    labelNames: ['witness'],
  };
  queryGauge(register, differs, async (gauge) => {
    gauge.reset();
    for (const { name, report } of (await look?.())?.witnesses ?? [])
      gauge.set({ witness: name }, report !== null && report.contradiction !== null ? 1 : 0);
  });
  const missing = {
    name: 'cmk_witnesses_missing',
    help: 'How many more witnesses would have to sign the newest checkpoint for it to count as witnessed',
  };
  queryGauge(register, missing, async (gauge) => {
    const found = await look?.();
    // Before the first event there is no checkpoint, and no witness was asked.
    const isAsked = found?.witnesses.some(({ report }) => report !== null) === true;
    gauge.set(isAsked ? Math.max(0, found.needed - found.current) : 0);
  });
}
