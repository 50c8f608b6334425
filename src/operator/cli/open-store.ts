/** Opens the record without a running bot. Changes nothing about the database by opening it. */
import { randomBytes } from 'node:crypto';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { auditTools } from '../../audit/audit-tools.ts';
import { lineChecker } from '../../audit/seals.ts';
import { commitmentTo } from '../../audit/verify.ts';
import { readDatabasePassword } from '../../config/azure-from-config.ts';
import { type Place, placeName } from '../../config/place.ts';
import type { DocumentSeals } from '../../domain/record/document-seals.ts';
import type { RowSeals } from '../../domain/record/row-seals.ts';
import type { CheckLine } from '../../domain/record/seals.ts';
import { parseEventBody } from '../../operations/registry.ts';
import type { RecordBroken } from '../../store/chain-monitor.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { NewerRecord, OlderRecord, pendingMigrations } from '../../store/migrations.ts';
import { type OpenStore, openStore, type StoreTools } from '../../store/store.ts';
import { brokenWords } from '../../text/record.ts';
import type { Records } from '../rpc/calls.ts';
import { recordsOf } from '../rpc/store-records.ts';
import { type KnownKeys, knownKeys } from './given-keys.ts';
import { Unusable } from './inputs.ts';

export interface StoreRecords {
  readonly database: Database;
  readonly store: OpenStore;
  readonly records: Records;
  close(): Promise<void>;
}

/** The driver reports several tries on several addresses without a message of its own. */
export function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** Opening an embedded database makes one where there is none. */
export async function refuseEmpty(dataDir: string): Promise<void> {
  await access(path.join(dataDir, 'database', 'PG_VERSION')).catch(() => {
    throw new Unusable(`${dataDir} holds no record. Name the bot’s data folder with --data or CMK_DATA_DIR.`);
  });
}

function tokens(): { readonly password?: () => Promise<string> } {
  const password = readDatabasePassword();
  return password === null ? {} : { password };
}

function storeWith(database: Database, tools: ReturnType<typeof toolsWith>): OpenStore {
  return openStore(database, {
    ...tools,
    read: parseEventBody,
    onBroken: (broken: RecordBroken) => {
      throw new Unusable(brokenWords(broken));
    },
  });
}

/** Throws {@link Unusable} where there is no record, or none that this program can read. */
export async function openStoreRecords(place: Place): Promise<StoreRecords> {
  if (place.kind === 'folder') await refuseEmpty(place.dataDir);
  const database = await openDatabase(
    place.kind === 'folder'
      ? { kind: 'pglite', dataDir: place.dataDir }
      : { kind: 'postgres', url: place.url, maxConnections: 2, ...tokens() },
  );
  try {
    await refuseOther(database, place);
    const store = storeWith(database, toolsWith(await knownKeys(place)));
    return { database, store, records: recordsOf(store), close: database.close };
  } catch (error) {
    await database.close();
    throw error;
  }
}

const cannotSeal = (): never => {
  throw new Unusable(
    'what is done to a request has to be sealed: name its key in CMK_SEAL_KEY_FILE or CMK_SEAL_KEY_SECRET.',
  );
};

/** Nothing at the command line reads or writes what the chat keeps between two clicks. */
const noDocuments: DocumentSeals = { seal: cannotSeal, faultOf: () => 'seal-key-unknown' };

/** Without a key they are read as they lie there. */
const rowsUnchecked: RowSeals = { seal: cannotSeal, isGood: () => true };

const cannotCheck =
  (missing: string): CheckLine =>
  () => {
    throw new Unusable(missing);
  };

/**
 * Without a key nothing can be written; the record can be read, its seals unchecked. Where there should be one and is none,
 * lines can be read as they lie there, and nothing that rests on what they say.
 */
function toolsWith({
  keys,
  missing,
}: KnownKeys): Pick<StoreTools, 'seal' | 'check' | 'commitmentTo' | 'documentSeals' | 'rowSeals'> {
  if (keys !== null) return auditTools(randomBytes, keys);
  return {
    seal: cannotSeal,
    check: missing === null ? lineChecker(null) : cannotCheck(missing),
    commitmentTo,
    documentSeals: noDocuments,
    rowSeals: rowsUnchecked,
  };
}

/** Its tables are not there, or of an earlier version of this program. */
export class NotBroughtUp extends Unusable {}

/** It was written by a program of another kind, which this one cannot read. */
export class OtherRecord extends Unusable {}

/** A database of another version is not read: starting that version's bot is what brings it up to date. */
async function refuseOther(database: Database, place: Place): Promise<void> {
  const pending = await pendingMigrations(database, placeName(place)).catch((error: unknown) => {
    if (error instanceof OlderRecord || error instanceof NewerRecord) throw new OtherRecord(error.message);
    throw new Unusable(`reading ${placeName(place)}: ${causeOf(error)}`);
  });
  if (pending.length === 0) return;
  throw new NotBroughtUp(
    `${placeName(place)} holds no record this version can read yet (${pending.join(', ')}). Start the bot of this version once.`,
  );
}
