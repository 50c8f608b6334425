/** Shared infrastructure: application log, database, metrics and tracing. */
import { type Config, configWarnings } from '../config/config.ts';
import { appendWithSoftware, ownBuild, ownSoftware } from '../config/software.ts';
import type { Documents } from '../domain/ports/store.ts';
import { logUncaughtErrors, openLog, redirectConsole, withoutSecrets } from '../observability/log.ts';
import { openMetrics, type WatchOptions } from '../observability/metrics.ts';
import { noTelemetry, type Telemetry, type TelemetryOptions, tracedRequests } from '../observability/telemetry.ts';
import { witnessingFor } from '../operator/published-log.ts';
import { openWatchOverdue } from '../workflow/key-watch/schedule.ts';
import { openVerifiedStore } from './open-verified-store.ts';
import { isWritable } from './write-health.ts';

export type Infrastructure = Awaited<ReturnType<typeof openInfrastructure>>;

/**
 * Opens the application log first, so that everything that libraries print goes there, without secrets. `settingsFile`: the
 * `.env` that was read; null: none.
 */
export async function openInfrastructure(config: Config, settingsFile: string | null) {
  let telemetry = noTelemetry;
  const log = openLog(config.log.level, config.replica, () => telemetry.lineIds());
  redirectConsole(log);
  logUncaughtErrors(log);
  log.info({ ...(await ownBuild()), settingsFile }, 'starting');
  for (const warning of configWarnings(config)) log.warn({}, warning);
  telemetry = await openTelemetry({
    ...config.telemetry,
    replica: config.replica,
    onTrouble: (trouble) => log.warn({ trouble: withoutSecrets(trouble) }, 'telemetry could not be exported'),
  });
  const { tracing } = telemetry;
  const { database, store, storing, refusedDocuments } = await openVerifiedStore(config, log, tracing);
  const { requests: stored, jobs, drifts, clock, witnesses, documents } = store;
  const witnessing = witnessingFor(config, witnesses);
  const watched = { counts: storing.counts, isWritable: () => isWritable({ store, storing }) };
  const metrics = openMetrics({
    requests: stored,
    jobs,
    drifts,
    documents,
    clock,
    storing: watched,
    refusedDocuments,
    witnessing,
    watch: watchOf(config, documents, clock.now),
    publishMs: config.anchor?.everyMs ?? null,
    now: clock.now,
  });
  telemetry.exportMetrics(metrics.figures);
  const stop = async (): Promise<void> => {
    await telemetry.stop();
    await database.close();
  };
  const append = appendWithSoftware(await ownSoftware())(stored.append);
  /** With refusals counted. For actions of people. */
  const requests = metrics.requests(tracedRequests({ ...stored, append }, tracing));
  return { config, log, database, store, storing, requests, metrics, telemetry, stop };
}

function watchOf({ watchMs: intervalMs }: Config, documents: Documents, now: () => Date): WatchOptions | null {
  return intervalMs === null ? null : { intervalMs, overdueSeconds: openWatchOverdue({ documents, intervalMs, now }) };
}

/** Imports the libraries only if needed, because loading them takes time. */
async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  if (options.endpoint === null) return noTelemetry;
  const { startTelemetry } = await import('../observability/otlp.ts');
  return startTelemetry(options);
}
