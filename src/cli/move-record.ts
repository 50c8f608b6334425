/** Moves a record from an embedded database to a server: verified, copied, compared, verified again. */
import { existsSync } from 'node:fs';
import type { RecordReport } from '../audit/verify-record.ts';
import { type KeyPlace, type Place, placeName, readSealKeyPlace } from '../config/place.ts';
import type { Link } from '../domain/record/chain.ts';
import { parseEventBody } from '../operations/registry.ts';
import { recordsOf } from '../operator/rpc/store-records.ts';
import { copyRecord, holdsRecord } from '../store/copy-record.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrations.ts';
import { movedFile, readMoved, writeMoved } from '../store/moved-mark.ts';
import { movedWords } from '../words/record.ts';
import { causeOf, openStoreRecords, storeOn } from './open-store.ts';
import { type KnownKeys, knownKeys } from './seal-keys.ts';
import { Unusable } from './unusable.ts';
import { verifyStore } from './verify-store.ts';
import { reportWords } from './words/report.ts';

export interface Moved extends Link {
  readonly requests: number;
  readonly events: number;
  readonly sealKey: KeyPlace | null;
}

type Complain = (line: string) => Promise<void>;

/** Throws {@link Unusable} where anything is wrong with the record, which is said first. */
async function mustVerify(store: ReturnType<typeof storeOn>, { keys }: KnownKeys, name: string, complain: Complain) {
  const report: RecordReport = await verifyStore(recordsOf(store), { read: parseEventBody, keys });
  if (report.findings.length === 0) return report;
  await complain(reportWords(report));
  throw new Unusable(`the record in ${name} does not verify, and is not moved any further.`);
}

/** Which step of a run came how far is known to the workflow engine's tables and the process alone. */
async function refuseRuns(store: ReturnType<typeof storeOn>): Promise<void> {
  const { requests } = await store.requests.open();
  const running = requests.filter(({ state }) => state === 'running').map(({ id }) => id);
  if (running.length === 0) return;
  throw new Unusable(
    `a run is under way: ${running.join(', ')}. Start the bot and let it end, or end it with cmk-bot requests stop.`,
  );
}

async function openTarget(url: string, name: string): Promise<Database> {
  const database = await openDatabase({ kind: 'postgres', url, maxConnections: 2 });
  try {
    await migrate(database, name);
    return database;
  } catch (error) {
    await database.close();
    throw new Unusable(`preparing ${name}: ${causeOf(error)}`);
  }
}

interface Move {
  readonly dataDir: string;
  readonly from: Database;
  readonly to: Database;
  readonly name: string;
}

/** Copies, unless an earlier call did and did not live to say so. Returns where the record ends. */
async function copyOnce({ dataDir, from, to, name }: Move): Promise<Link> {
  const begun = await readMoved(dataDir);
  if (begun !== null && begun.to === name && (await holdsRecord(to.pool, begun))) return begun;
  const beforeCommit = async ({ seq, hash }: Link): Promise<void> =>
    writeMoved(dataDir, { to: name, at: new Date().toISOString(), seq, hash, done: false });
  const copied = await copyRecord({ from: from.pool, to: to.pool, beforeCommit });
  if (copied.kind === 'copied') return copied.head;
  throw new Unusable(`${name} is in use: there is something in cmk.${copied.table}. Name an empty database.`);
}

async function finish({ dataDir, to, name }: Move, keys: KnownKeys, complain: Complain): Promise<RecordReport> {
  const report = await mustVerify(storeOn(to, keys), keys, name, complain);
  const { seq, hash } = report.last;
  await writeMoved(dataDir, { to: name, at: new Date().toISOString(), seq, hash, done: true });
  return report;
}

async function refuseMovedBefore(dataDir: string): Promise<void> {
  const mark = await readMoved(dataDir);
  if (mark?.done) throw new Unusable(movedWords(mark, dataDir, movedFile(dataDir)));
}

/** The folder's lock is held from the first look to the last word. Throws {@link Unusable} with what to do. */
export async function moveRecord(dataDir: string, url: string, complain: Complain): Promise<Moved> {
  const place: Place = { kind: 'folder', dataDir };
  const name = placeName({ kind: 'server', url });
  await refuseMovedBefore(dataDir);
  const keys = await knownKeys(place);
  if (keys.missing !== null && existsSync(dataDir)) throw new Unusable(keys.missing);
  const source = await openStoreRecords(place).catch((error: unknown) => {
    const busy = error instanceof Error && error.name === 'FolderInUse';
    throw busy ? new Unusable(error.message) : error;
  });
  try {
    await mustVerify(source.store, keys, dataDir, complain);
    await refuseRuns(source.store);
    const to = await openTarget(url, name);
    try {
      const move: Move = { dataDir, from: source.database, to, name };
      await copyOnce(move);
      const { events, requests, last } = await finish(move, keys, complain);
      return { ...last, events, requests, sealKey: readSealKeyPlace(place) };
    } finally {
      await to.close();
    }
  } finally {
    await source.close();
  }
}
