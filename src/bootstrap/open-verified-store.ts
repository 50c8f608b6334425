/** Opens the audit log: migrates the database, opens the seal key, and verifies every row before use. */

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { auditTools } from '../audit/audit-tools.ts';
import { KeyFileInvalid } from '../audit/key-file.ts';
import { databasePassword } from '../config/azure-from-config.ts';
import type { Config } from '../config/config.ts';
import { ConfigurationError } from '../config/env.ts';
import { databasePlace } from '../config/place.ts';
import type { ClockSkew } from '../domain/clock-skew.ts';
import { faultOf } from '../domain/database-errors.ts';
import type { Tracing } from '../domain/ports/telemetry.ts';
import type { DocumentFault } from '../domain/record/seals.ts';
import type { OrphanJob } from '../domain/request/consequences.ts';
import type { Log } from '../observability/log.ts';
import { parseEventBody } from '../operations/registry.ts';
import { loadKeys } from '../operator/published-log.ts';
import { RecordBroken } from '../store/chain-monitor.ts';
import type { ChainHead } from '../store/chain-rows.ts';
import { type Database, openDatabase } from '../store/database.ts';
import type { UnsoundDocument } from '../store/documents.ts';
import { migrate, UnknownFormat } from '../store/migrations.ts';
import { databaseIdentity, isSameDatabase } from '../store/postgres-probe.ts';
import { reseal } from '../store/reseal.ts';
import { grantRuntime, roleOf } from '../store/runtime-role.ts';
import { type OpenStore, openStore } from '../store/store.ts';
import { databaseAdvice, otherDatabaseWords, ownerUserAdvice } from '../text/database.ts';
import { brokenWords, sealKeyUse, unknownFormatWords } from '../text/record.ts';
import { endProcess } from './shutdown.ts';
import { logWriteHealth } from './write-health.ts';

/** Converts errors that an operator can fix to messages. A stack trace would hide what to do. */
function toMessage(error: unknown): unknown {
  if (error instanceof RecordBroken) return new ConfigurationError(brokenWords(error));
  if (error instanceof UnknownFormat) return new ConfigurationError(unknownFormatWords(error));
  return error instanceof KeyFileInvalid ? new ConfigurationError(error.message) : error;
}

/** Called with the last verified event, before the process ends because the audit log was changed. */
type OnChanged = (known: ChainHead) => Promise<void>;

const leaveWithinMs = 5_000;

/**
 * A broken audit log must not be used by any part of the process. Without the database, none can store anything, or get the
 * permission for a change in Azure.
 */
async function endOnBroken(log: Log, { close }: Database, broken: RecordBroken, leave: () => Promise<void>) {
  const { seq, request: requestId, fault } = broken;
  void close().catch(() => undefined);
  await Promise.race([leave(), pause(leaveWithinMs)]).catch((error: unknown) =>
    log.warn({ err: error }, 'the last known event could not be left in the published place'),
  );
  endProcess(log, { seq, requestId, fault }, 'the audit log was changed outside the bot', brokenWords(broken));
}

const reports = (log: Log, refused: Record<DocumentFault, number>) => ({
  onClock(apart: ClockSkew | null): void {
    const skew = 'clock skew: this replica’s clock differs from the database’s, or the last event is dated ahead';
    if (apart === null) log.warn({}, 'clock skew ended');
    else log.error(apart, skew);
  },
  /** The job was added by someone with access to the database. It had no effect, but operators should know. */
  onOrphan: ({ request, kind, key }: OrphanJob): void =>
    log.warn({ requestId: request, kind, key }, 'a job without an event was deleted'),
  onUnsound({ kind, fault }: UnsoundDocument): void {
    refused[fault] += 1;
    log.warn({ document: kind, fault }, 'a stored document without a valid seal was rejected');
  },
});

/** Returns the database's identity. Throws {@link ConfigurationError} with the variable's name if it can't be reached. */
async function reach({ pool }: Database, variable: string, where: string) {
  try {
    return await databaseIdentity(pool);
  } catch (error) {
    const fault = faultOf(error);
    throw new ConfigurationError(`${variable}: ${where}: ${fault.message}. ${databaseAdvice(fault, variable)}`);
  }
}

async function refuseOtherDatabase(owner: Database, database: Database, { ownerUrl, databaseUrl }: Config) {
  const ownWhere = databasePlace(databaseUrl);
  const own = await reach(database, 'DATABASE_URL', ownWhere);
  if (ownerUrl === null) return;
  const ownerWhere = databasePlace(ownerUrl);
  const its = await reach(owner, 'CMK_DATABASE_OWNER_URL', ownerWhere);
  if (isSameDatabase(own, its)) return;
  throw new ConfigurationError(otherDatabaseWords(ownerWhere, ownWhere));
}

/** Does the owner's work: migrates the tables and limits the permissions of the bot's own user. */
async function prepare(owner: Database, database: Database, config: Config): Promise<void> {
  const { ownerUrl, databaseUrl } = config;
  await migrate(owner, databasePlace(databaseUrl));
  if (ownerUrl === null) return;
  const role = await roleOf(database.pool);
  if (role !== (await roleOf(owner.pool))) await grantRuntime(owner.pool, role);
}

const refuseNoOwner =
  ({ ownerUrl, databaseUrl }: Config) =>
  (error: unknown): never => {
    const { code, message } = faultOf(error);
    if (code !== '42501') throw error;
    const variable = ownerUrl === null ? 'DATABASE_URL' : 'CMK_DATABASE_OWNER_URL';
    throw new ConfigurationError(
      `${variable}: its user can’t create or change the bot’s tables in ${databasePlace(databaseUrl)}: ${message}. ${ownerUserAdvice}`,
    );
  };

async function prepareSealed(owner: Database, database: Database, config: Config) {
  await refuseOtherDatabase(owner, database, config);
  const tools = auditTools(randomBytes, (await loadKeys(config.seals.key, config, sealKeyUse)).keys);
  await prepare(owner, database, config).catch(refuseNoOwner(config));
  return tools;
}

/** At the first start with a new seal key, when no event follows the last one of the key before, seals again what it sealed. */
async function applyNewKey(
  { pool }: Database,
  { auditLog }: Pick<OpenStore, 'auditLog'>,
  tools: ReturnType<typeof auditTools>,
): Promise<void> {
  const { replaced } = tools;
  if (replaced === null) return;
  const { until } = replaced;
  const { seq, hash } = await auditLog.head();
  if (seq < until.seq) throw new RecordBroken({}, 'head-differs', `last seq: at least ${until.seq}, found ${seq}`);
  if (seq === until.seq && hash === until.hash) await reseal(pool, replaced, tools);
}

async function openStoreOn(
  database: Database,
  config: Config,
  log: Log,
  { current: trace }: Pick<Tracing, 'current'>,
  refusedDocuments: Record<DocumentFault, number>,
  leave: OnChanged,
): Promise<OpenStore> {
  const { ownerUrl } = config;
  const owner =
    ownerUrl === null
      ? database
      : openDatabase({ url: ownerUrl, maxConnections: 2, password: databasePassword(config, 'owner') });
  const tools = await prepareSealed(owner, database, config).finally(() =>
    owner === database ? undefined : owner.close(),
  );
  // While starting, an error must fail the start instead of ending the process.
  let started = false;
  const onBroken = (broken: RecordBroken, known: ChainHead): void => {
    if (started) void endOnBroken(log, database, broken, () => leave(known));
    started = false;
  };
  const given = { ...tools, ...reports(log, refusedDocuments), onBroken, read: parseEventBody, trace };
  const store = openStore(database, given);
  await store.clock.sync();
  await store.auditLog.check();
  await applyNewKey(database, store, tools);
  started = true;
  return store;
}

export async function openVerifiedStore(config: Config, log: Log, tracing: Pick<Tracing, 'current'>) {
  const { onError, ...storing } = logWriteHealth(log);
  const database = openDatabase({ url: config.databaseUrl, onError, password: databasePassword(config, 'bot') });
  try {
    const refusedDocuments = { 'seal-key-unknown': 0, 'seal-differs': 0 };
    let leave: OnChanged = async () => undefined;
    const store = await openStoreOn(database, config, log, tracing, refusedDocuments, (known) => leave(known));
    store.jobs.onWritten(() => storing.stored());
    const onChanged = (work: OnChanged): void => {
      leave = work;
    };
    return { database, store, storing, refusedDocuments, onChanged };
  } catch (error) {
    await database.close();
    throw toMessage(error);
  }
}
