/** The ground: what every other part stands on. Log, record, figures. */
import type { Config } from '../config/config.ts';
import { warningsOf } from '../config/warnings.ts';
import type { Requests } from '../domain/ports/store.ts';
import { consoleIntoLog, type Log, lastWordsIntoLog, openLog } from '../observability/log.ts';
import { type Metrics, openMetrics } from '../observability/metrics.ts';
import type { Database } from '../store/database.ts';
import type { OpenStore } from '../store/store.ts';
import { openRecord } from './open-record.ts';
import { now } from './tools.ts';

export interface Ground {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly store: OpenStore;
  /** Those of the store, with their refusals counted: for whoever acts for people. */
  readonly requests: Requests;
  readonly metrics: Metrics;
  stop(): Promise<void>;
}

/** Opens the log first: whatever a library prints from then on goes there, without secrets. */
export async function openGround(config: Config): Promise<Ground> {
  const log = openLog(config.log.level, config.replica);
  consoleIntoLog(log);
  lastWordsIntoLog(log);
  for (const warning of warningsOf(config)) log.warn({}, warning);
  const { database, store } = await openRecord(config, log);
  if (database.kind === 'pglite') log.warn({}, 'the embedded database survives this process, not this machine');
  const metrics = openMetrics({ requests: store.requests, outbox: store.outbox, clock: store.clock, now });
  return { config, log, database, store, requests: metrics.requests(store.requests), metrics, stop: database.close };
}
