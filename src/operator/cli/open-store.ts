/** Opens the database without changing it. */
import { randomBytes } from 'node:crypto';
import { auditTools } from '../../audit/audit-tools.ts';
import { lineChecker } from '../../audit/seals.ts';
import { commitmentTo } from '../../audit/verify.ts';
import { readDatabasePassword } from '../../config/azure-from-config.ts';
import { readDatabaseUrl } from '../../config/env.ts';
import { databasePlace } from '../../config/place.ts';
import { faultOf } from '../../domain/database-errors.ts';
import type { CheckLine, DocumentSeals, RowSeals } from '../../domain/record/seals.ts';
import { parseEventBody } from '../../operations/registry.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { pendingMigrations, UnknownFormat } from '../../store/migrations.ts';
import { openStore } from '../../store/store.ts';
import { brokenWords, unknownFormatWords } from '../../text/record.ts';
import { Unusable } from './subcommand.ts';
import { loadSealKeys } from './verifier-keys.ts';

/** Throws {@link Unusable} if there is no audit log, or its version isn't supported. */
export async function openStoreHere() {
  const url = readDatabaseUrl();
  const database = openDatabase({ url, maxConnections: 2, password: readDatabasePassword() });
  try {
    await refuseOtherVersion(database, databasePlace(url));
    const store = openStore(database, {
      ...toolsWith(await loadSealKeys()),
      read: parseEventBody,
      onBroken: (broken) => {
        throw new Unusable(brokenWords(broken));
      },
    });
    return { database, store, close: database.close };
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

/** The command line doesn't use the chat's documents. */
const noDocuments: DocumentSeals = { seal: cannotSeal, faultOf: () => 'seal-key-unknown' };

const rowsUnchecked: RowSeals = { seal: cannotSeal, isGood: () => true };

const cannotCheck =
  (missing: string): CheckLine =>
  () => {
    throw new Unusable(missing);
  };

/**
 * Returns the store's tools. Without a key, nothing can be written, and the audit log is read without checking seals. If a
 * configured key is missing, entries can be read raw, but nothing that depends on their content.
 */
function toolsWith({ keys, missing }: Awaited<ReturnType<typeof loadSealKeys>>) {
  if (keys !== null) return auditTools(randomBytes, keys);
  return {
    seal: cannotSeal,
    check: missing === null ? lineChecker(null) : cannotCheck(missing),
    commitmentTo,
    documentSeals: noDocuments,
    rowSeals: rowsUnchecked,
  };
}

export class NotMigrated extends Unusable {}

export class UnsupportedFormat extends Unusable {}

/** Refuses a database of another version: starting that version's bot migrates it. */
async function refuseOtherVersion(database: Database, place: string): Promise<void> {
  const pending = await pendingMigrations(database, place).catch((error: unknown) => {
    if (error instanceof UnknownFormat) throw new UnsupportedFormat(unknownFormatWords(error));
    throw new Unusable(`reading ${place}: ${faultOf(error).message}`);
  });
  if (pending.length === 0) return;
  throw new NotMigrated(
    `${place} has no audit log that this version can read yet (${pending.join(', ')}). Start the bot of this version once.`,
  );
}
