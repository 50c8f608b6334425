/** Shared infrastructure: application log, database, metrics and tracing. */
import { type Config, configWarnings } from '../config/config.ts';
import { appendingAs, ownBuild, ownSoftware } from '../config/software.ts';
import type { Requests } from '../domain/ports/store.ts';
import type { Storing } from '../domain/storing.ts';
import { consoleIntoLog, type Log, lastWordsIntoLog, openLog, withoutSecrets } from '../observability/log.ts';
import { type Metrics, openMetrics } from '../observability/metrics.ts';
import { openTelemetry } from '../observability/open-telemetry.ts';
import { noTelemetry, type Telemetry, tracedRequests } from '../observability/telemetry.ts';
import { witnessingFor } from '../operator/published-log.ts';
import type { Database } from '../store/database.ts';
import type { OpenStore } from '../store/store.ts';
import { openRecord } from './open-record.ts';
import { isStoring } from './storing.ts';

export interface Ground {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly store: OpenStore;
  readonly storing: Storing;
  /** The store's requests port, with refusals counted. For actions of people. */
  readonly requests: Requests;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  stop(): Promise<void>;
}

/**
 * Opens the application log first, so that everything that libraries print goes there, without secrets. `settingsFile`: the
 * `.env` that was read; null: none.
 */
export async function openGround(config: Config, settingsFile: string | null): Promise<Ground> {
  let telemetry = noTelemetry;
  const log = openLog(config.log.level, config.replica, () => telemetry.lineIds());
  consoleIntoLog(log);
  lastWordsIntoLog(log);
  log.info({ ...(await ownBuild()), settingsFile }, 'starting');
  for (const warning of configWarnings(config)) log.warn({}, warning);
  telemetry = await openTelemetry({
    ...config.telemetry,
    replica: config.replica,
    onTrouble: (trouble) => log.warn({ trouble: withoutSecrets(trouble) }, 'telemetry does not arrive'),
  });
  const { tracing } = telemetry;
  const { database, store, storing, refusedDocuments } = await openRecord(config, log, tracing);
  const { requests: stored, outbox, clock, witnesses } = store;
  const witnessing = witnessingFor(config, witnesses);
  const watched = { counts: storing.counts, isStoring: () => isStoring({ store, storing }) };
  const metrics = openMetrics({
    requests: stored,
    outbox,
    clock,
    storing: watched,
    refusedDocuments,
    witnessing,
    now: clock.now,
  });
  telemetry.sendFigures(metrics.figures);
  const stop = async (): Promise<void> => {
    await telemetry.stop();
    await database.close();
  };
  const append = appendingAs(await ownSoftware(config.image))(stored.append);
  const requests = metrics.requests(tracedRequests({ ...stored, append }, tracing));
  return { config, log, database, store, storing, requests, metrics, telemetry, stop };
}
