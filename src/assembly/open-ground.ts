/** The ground: what every other part stands on. Log, record, figures. */
import type { Config } from '../config/config.ts';
import { warningsOf } from '../config/warnings.ts';
import type { Arrival, Requests } from '../domain/ports/store.ts';
import type { Storing } from '../domain/storing.ts';
import { consoleIntoLog, type Log, lastWordsIntoLog, openLog, withoutSecrets } from '../observability/log.ts';
import { type Metrics, openMetrics } from '../observability/metrics.ts';
import { openTelemetry } from '../observability/open-telemetry.ts';
import { noTelemetry, type Telemetry } from '../observability/telemetry.ts';
import { tracedRequests } from '../observability/traced-requests.ts';
import { witnessingFor } from '../operator/witnessing.ts';
import type { Database } from '../store/database.ts';
import type { OpenStore } from '../store/store.ts';
import { openRecord } from './open-record.ts';
import { isStoring } from './storing.ts';
import { now } from './tools.ts';

export interface Ground {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly store: OpenStore;
  readonly storing: Storing;
  /** Under the name of this replica; nobody has signed on yet. */
  readonly arrival: Arrival;
  /** Those of the store, with their refusals counted: for whoever acts for people. */
  readonly requests: Requests;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  stop(): Promise<void>;
}

/** Opens the log first: whatever a library prints from then on goes there, without secrets. */
export async function openGround(config: Config): Promise<Ground> {
  let telemetry = noTelemetry;
  const log = openLog(config.log.level, config.replica, () => telemetry.lineIds());
  consoleIntoLog(log);
  lastWordsIntoLog(log);
  for (const warning of warningsOf(config)) log.warn({}, warning);
  telemetry = await openTelemetry({
    ...config.telemetry,
    replica: config.replica,
    onTrouble: (trouble) => log.warn({ trouble: withoutSecrets(trouble) }, 'telemetry does not arrive'),
  });
  const { tracing } = telemetry;
  const { database, store, storing } = await openRecord(config, log, tracing);
  const arrival = await store.replicas.arrive(config.replica);
  // Whoever tries the bot on their own machine keeps nothing that has to last.
  if (database.kind === 'pglite' && config.server.mode === 'production')
    log.warn({}, 'the embedded database survives this process, not this machine');
  const { requests: stored, outbox, clock, witnesses } = store;
  const witnessing = witnessingFor(config, witnesses);
  const watched = { counts: storing.counts, isStoring: () => isStoring({ store, storing }) };
  const metrics = openMetrics({ requests: stored, outbox, clock, storing: watched, witnessing, now });
  telemetry.sendFigures(metrics.figures);
  const stop = async (): Promise<void> => {
    await telemetry.stop();
    await database.close();
  };
  const requests = metrics.requests(tracedRequests(stored, tracing));
  return { config, log, database, store, storing, arrival, requests, metrics, telemetry, stop };
}
