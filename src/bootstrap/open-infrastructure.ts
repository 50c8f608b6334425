/** Shared infrastructure: application log, database, metrics and tracing. */
import { randomBytes } from 'node:crypto';
import { type Config, configWarnings } from '../config/config.ts';
import { appendWithSoftware, ownBuild, ownSoftware } from '../config/software.ts';
import { type LogStream, logUncaughtErrors, openLog, redirectConsole, withoutSecrets } from '../observability/log.ts';
import { openMetrics } from '../observability/metrics.ts';
import { noTelemetry, type Telemetry, type TelemetryOptions, tracedRequests } from '../observability/telemetry.ts';
import { witnessingFor } from '../operator/published-log.ts';
import { openVerifiedStore } from './open-verified-store.ts';
import { isWritable } from './write-health.ts';

export type Infrastructure = Awaited<ReturnType<typeof openInfrastructure>>;

/**
 * Begins the app record. Opens the application log first, so that everything that libraries print goes there, without secrets.
 * `settingsFile`: the `.env` that was read; null: none.
 */
export async function openInfrastructure(config: Config, settingsFile: string | null, print?: LogStream) {
  let telemetry = noTelemetry;
  const log = openLog(config.log.level, config.replica, () => telemetry.lineIds(), print);
  if (print === undefined) redirectConsole(log);
  if (print === undefined) logUncaughtErrors(log);
  log.info({ ...(await ownBuild()), settingsFile }, 'starting');
  for (const warning of configWarnings(config)) log.warn({}, warning);
  telemetry = await openTelemetry({
    ...config.telemetry,
    replica: config.replica,
    onTrouble: (trouble) => log.warn({ trouble: withoutSecrets(trouble) }, 'telemetry could not be exported'),
  });
  const { tracing } = telemetry;
  const { database, store, storing, refusedDocuments, onChanged } = await openVerifiedStore(config, log, tracing);
  const { jobs, clock } = store;
  const { now } = clock;
  const witnessing = witnessingFor(config, store.witnesses);
  const metrics = openMetrics({
    ...store,
    storing: { counts: storing.counts, isWritable: () => isWritable({ jobs, storing }) },
    refusedDocuments,
    witnessing,
    watchMs: config.watchMs,
    publishMs: config.anchor?.everyMs ?? null,
    now,
  });
  telemetry.exportMetrics(metrics.figures);
  const append = appendWithSoftware(await ownSoftware())(store.requests.append);
  const { policy, paused, stepUp, operators, retry: retryLimits } = config;
  return {
    ...store,
    config,
    log,
    database,
    store,
    storing,
    onChanged,
    metrics,
    tracing,
    witnessing,
    now,
    random: randomBytes,
    policy,
    paused,
    stepUp,
    operators,
    retryLimits,
    onRefused: metrics.refused,
    /** With refusals counted. For actions of people. */
    requests: metrics.requests(tracedRequests({ ...store.requests, append }, tracing)),
    async stop(): Promise<void> {
      await telemetry.stop();
      await database.close();
    },
  };
}

/** Imports the libraries only if needed, because loading them takes time. */
async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  if (options.endpoint === null) return noTelemetry;
  const { startTelemetry } = await import('../observability/otlp.ts');
  return startTelemetry(options);
}
