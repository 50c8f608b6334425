/** The ground: what every other part stands on. Log, record, figures. */
import { sealWith } from '../audit/record.ts';
import type { Config } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import { placeName } from '../config/place.ts';
import { warningsOf } from '../config/warnings.ts';
import type { Requests } from '../domain/ports/store.ts';
import { consoleIntoLog, type Log, lastWordsIntoLog, openLog } from '../observability/log.ts';
import { type Metrics, openMetrics } from '../observability/metrics.ts';
import { parseEventBody } from '../operations/registry.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { migrate, OlderRecord } from '../store/migrations.ts';
import { type OpenStore, openStore } from '../store/store.ts';
import { now, random } from './tools.ts';

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

async function openRecord({ store: place, beatMs }: Config): Promise<Pick<Ground, 'database' | 'store'>> {
  const database = await openDatabase(
    place.kind === 'folder' ? { kind: 'pglite', dataDir: place.dataDir } : { kind: 'postgres', url: place.url },
  );
  await migrate(database, placeName(place)).catch(async (error: unknown) => {
    await database.close();
    // A stack would only hide what is to be done.
    throw error instanceof OlderRecord ? new ConfigurationError(error.message) : error;
  });
  const tools = { clock: now, seal: sealWith(random), read: parseEventBody };
  return { database, store: openStore(database, tools, beatMs) };
}

/** Opens the log first: whatever a library prints from then on goes there, without secrets. */
export async function openGround(config: Config): Promise<Ground> {
  const log = openLog(config.log.level, config.replica);
  consoleIntoLog(log);
  lastWordsIntoLog(log);
  for (const warning of warningsOf(config)) log.warn({}, warning);
  const { database, store } = await openRecord(config);
  if (database.kind === 'pglite') log.warn({}, 'the embedded database survives this process, not this machine');
  const metrics = openMetrics({ requests: store.requests, outbox: store.outbox, now });
  return { config, log, database, store, requests: metrics.requests(store.requests), metrics, stop: database.close };
}
