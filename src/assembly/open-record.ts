/** Opens the record: the database brought up to this program, the key of the seals, and every row looked at before any is used. */

import { KeyUnusable, type OwnKeys, openOwnKeys, sealKeyUse } from '../audit/key-file.ts';
import { recordTools } from '../audit/record.ts';
import { lineChecker } from '../audit/seals.ts';
import type { Config } from '../config/config.ts';
import { databasePassword, withPassword } from '../config/database-password.ts';
import { ConfigurationError } from '../config/env.ts';
import { placeName } from '../config/place.ts';
import type { ClockApart } from '../domain/clock-apart.ts';
import type { Tracing } from '../domain/ports/tracing.ts';
import type { Storing } from '../domain/storing.ts';
import type { Log } from '../observability/log.ts';
import { parseEventBody } from '../operations/registry.ts';
import { keptKeys } from '../operator/kept-keys.ts';
import { adoptUnsealed, NotTrusted, type Trust } from '../store/adopt.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { rememberingBodies, rememberingLines } from '../store/known-lines.ts';
import { migrate, NewerRecord, OlderRecord } from '../store/migrations.ts';
import { movedFile, readMoved } from '../store/moved-mark.ts';
import type { Unasked } from '../store/outbox.ts';
import { RecordBroken } from '../store/record-broken.ts';
import { grantRuntime, roleOf } from '../store/runtime-role.ts';
import { type OpenStore, openStore } from '../store/store.ts';
import { brokenWords, movedWords, notTrustedWords } from '../words/record.ts';
import { heardStoring } from './storing.ts';
import { now, random } from './tools.ts';

export interface OpenedRecord {
  readonly database: Database;
  readonly store: OpenStore;
  readonly storing: Storing;
}

/** What an operator can mend is said in words: a stack would only hide what is to be done. */
function saidPlainly(error: unknown, where: string): unknown {
  if (error instanceof RecordBroken) return new ConfigurationError(brokenWords(error));
  if (error instanceof NotTrusted) return new ConfigurationError(notTrustedWords(error.head, where));
  const plain = error instanceof OlderRecord || error instanceof NewerRecord || error instanceof KeyUnusable;
  return plain ? new ConfigurationError(error.message) : error;
}

async function openKeys(config: Config): Promise<OwnKeys> {
  const { key } = config.seals;
  if (key.kind === 'file' && key.own) return openOwnKeys(key.file, sealKeyUse);
  const { keys } = await keptKeys(key, config, sealKeyUse);
  return { keys, isNew: false, keep: async () => undefined };
}

/** Nothing more is done with a record that is broken, by any part of this process. */
const endProcess =
  (log: Log) =>
  (broken: RecordBroken): void => {
    const { seq, request, fault } = broken;
    log.fatal({ seq, requestId: request, fault }, 'the record was changed by somebody else');
    process.stderr.write(`cmk-bot ends: ${brokenWords(broken)}\n`);
    process.exit(1);
  };

/** Said when it changes, not as often as it is looked at. */
const sayClock =
  (log: Log) =>
  (apart: ClockApart | null): void => {
    if (apart === null) log.warn({}, 'the clock is believed again: everything goes on');
    else log.error(apart, 'the clock is not believed: nothing is stored and nothing comes due until it is right');
  };

/** Whoever put it there has the database: nothing came of it, and somebody should know. */
const sayUnasked =
  (log: Log) =>
  ({ request, kind, key }: Unasked): void =>
    log.warn({ requestId: request, kind, key }, 'a row that no event asks for was dropped');

const passwordOf = (config: Config, user: 'bot' | 'owner'): { readonly password?: () => Promise<string> } => {
  const password = databasePassword(config, user);
  return password === null ? {} : { password };
};

/** What the owner of the tables does: brings them up, and lets the bot's own user do its work and no more. */
async function prepare(owner: Database, database: Database, config: Config): Promise<void> {
  const { ownerUrl, store: place } = config;
  await migrate(owner, placeName(place));
  if (ownerUrl === null) return;
  const role = await roleOf(database.pool);
  // Read only where it is wanted so early. It opens connections of its own for this, by an address alone.
  const { prepareEngine } = await import('../workflow/engine.ts');
  await prepareEngine(await withPassword(ownerUrl, databasePassword(config, 'owner')), role);
  if (role !== (await roleOf(owner.pool))) await grantRuntime(owner.pool, role);
}

/** Seals what was written before there were seals, where there is a reason to trust it. */
async function sealAfterwards(owner: Database, config: Config, log: Log) {
  const { keys, isNew, keep } = await openKeys(config);
  const tools = recordTools(random, keys);
  const trust: Trust = isNew ? 'new-key' : config.seals.trust;
  const unsealed = { check: lineChecker(null), onBroken: () => undefined };
  const adopted = await adoptUnsealed(owner.pool, tools.seals, trust, unsealed);
  await keep();
  const { keyId: sealKey } = tools.seals;
  if (adopted !== null) log.warn({ ...adopted, sealKey }, 'events from before there were seals were sealed');
  return tools;
}

async function openStoreOn(
  database: Database,
  config: Config,
  log: Log,
  { current: trace }: Pick<Tracing, 'current'>,
): Promise<OpenStore> {
  const { ownerUrl, beatMs } = config;
  const owner =
    ownerUrl === null
      ? database
      : await openDatabase({ kind: 'postgres', url: ownerUrl, maxConnections: 2, ...passwordOf(config, 'owner') });
  const tools = await prepare(owner, database, config)
    .then(() => sealAfterwards(owner, config, log))
    .finally(() => (owner === database ? undefined : owner.close()));
  // Until the record was looked at, what is wrong with it is a start that does not happen.
  let started = false;
  const onBroken = (broken: RecordBroken): void => (started ? endProcess(log)(broken) : undefined);
  const reading = { check: rememberingLines(tools.check), read: rememberingBodies(parseEventBody) };
  const told = { onBroken, onClock: sayClock(log), onUnasked: sayUnasked(log) };
  const store = openStore(database, { ...tools, ...reading, ...told, clock: now, trace }, beatMs);
  await store.trail.check();
  started = true;
  return store;
}

/** Two that go on from one record would each decide what the other knows nothing of. */
async function refuseMoved({ store: place }: Config): Promise<void> {
  if (place.kind !== 'folder') return;
  const mark = await readMoved(place.dataDir);
  if (mark !== null) throw new ConfigurationError(movedWords(mark, place.dataDir, movedFile(place.dataDir)));
}

export async function openRecord(config: Config, log: Log, tracing: Pick<Tracing, 'current'>): Promise<OpenedRecord> {
  const { store: place } = config;
  await refuseMoved(config);
  // No farewell: it would be written to files that are another's.
  const onLost = (error: Error): void => {
    log.fatal({ err: error }, 'ended: another process took the data folder');
    process.exit(1);
  };
  const { onError, ...storing } = heardStoring(log);
  const database = await openDatabase(
    place.kind === 'folder'
      ? { kind: 'pglite', dataDir: place.dataDir, onLost, onError }
      : { kind: 'postgres', url: place.url, onError, ...passwordOf(config, 'bot') },
  );
  try {
    const store = await openStoreOn(database, config, log, tracing);
    store.outbox.onWritten(() => storing.stored());
    return { database, store, storing };
  } catch (error) {
    await database.close();
    throw saidPlainly(error, placeName(place));
  }
}
