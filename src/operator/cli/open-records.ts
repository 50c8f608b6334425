/** Finds the record: with the bot that runs on the data folder, else in the folder itself, else on the server. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '../../config/place.ts';
import type { ChainLine, Link, RevealedText } from '../../domain/record/chain.ts';
import type { ControlCalls, Records } from '../rpc/calls.ts';
import { reachControl } from '../rpc/client.ts';
import { Unusable } from './inputs.ts';

export interface OpenRecords {
  readonly records: Records;
  /** The running bot, where that is who answers. */
  readonly control: ControlCalls | null;
  close(): Promise<void>;
}

/** A bot that starts has the folder's lock a moment before it answers, and one that stops a moment after. */
const patienceMs = 10_000;

async function openStore(place: Place): Promise<OpenRecords> {
  // Loading a database takes longer than asking a running bot does.
  const { openStoreRecords } = await import('./open-store.ts');
  const opened = await openStoreRecords(place);
  return { records: opened.records, control: null, close: opened.close };
}

async function openFolder(dataDir: string): Promise<OpenRecords> {
  for (const until = performance.now() + patienceMs; ; await sleep(200)) {
    const bot = await reachControl(dataDir);
    if (bot !== null) return { records: bot.control, control: bot.control, close: bot.close };
    try {
      return await openStore({ kind: 'folder', dataDir });
    } catch (error) {
      const busy = error instanceof Error && error.name === 'FolderInUse';
      if (!busy) throw error;
      if (performance.now() > until) throw new Unusable(error.message);
    }
  }
}

/** Throws {@link Unusable} where there is no record, or none that this program can read. */
export const openRecords = (place: Place): Promise<OpenRecords> =>
  place.kind === 'folder' ? openFolder(path.resolve(place.dataDir)) : openStore(place);

export interface RecordedEvent {
  readonly line: ChainLine;
  readonly texts: readonly RevealedText[];
}

const pageSize = 200;

/**
 * Yields every event from the first to the head, and returns the head. The bot may go on writing meanwhile: the head is asked
 * for once there are no more lines, and when it has moved on by then the lines up to it are read too.
 */
export async function* readRecord(records: Records): AsyncGenerator<RecordedEvent, Link> {
  // Whatever number the first row has: none that lies there may be passed over.
  let last: number | null = null;
  for (let head: Link | null = null; ; ) {
    const page: readonly ChainLine[] = await records.lines({ after: last, limit: pageSize });
    for (const event of await withTexts(records, page)) {
      yield event;
      last = event.line.seq;
    }
    if (page.length > 0) continue;
    if (head !== null && head.seq >= (last ?? 0)) return head;
    head = await records.head({});
    if (head.seq <= (last ?? 0)) return head;
  }
}

async function withTexts(records: Records, page: readonly ChainLine[]): Promise<readonly RecordedEvent[]> {
  const requests = [...new Set(page.map((line) => line.request))];
  if (requests.length === 0) return [];
  const texts = new Map<string, RevealedText[]>();
  for (const text of await records.texts({ requests })) {
    const key = `${text.request} ${text.revision}`;
    const found = texts.get(key);
    if (found === undefined) texts.set(key, [text]);
    else found.push(text);
  }
  return page.map((line) => ({ line, texts: texts.get(`${line.request} ${line.revision}`) ?? [] }));
}
