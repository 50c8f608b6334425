/** Opens the audit log: through the bot that runs on the data folder, else in the folder itself, else on the server. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '../../config/place.ts';
import type { ChainLine, Link, RevealedText } from '../../domain/record/chain.ts';
import type { Records } from '../rpc/calls.ts';
import { reachControl } from '../rpc/client.ts';
import { type OpenRecords, Unusable } from './subcommand.ts';

/** A starting bot has the folder's lock shortly before it answers, and a stopping one shortly after. */
const maxWaitMs = 10_000;

async function openStore(place: Place): Promise<OpenRecords> {
  // Loads the database code only if needed: calling a running bot is faster.
  const { openStoreRecords } = await import('./open-store.ts');
  const opened = await openStoreRecords(place);
  return { records: opened.records, control: null, close: opened.close };
}

async function openFolder(dataDir: string): Promise<OpenRecords> {
  for (const until = performance.now() + maxWaitMs; ; await sleep(200)) {
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

/** Opens the audit log. Throws {@link Unusable} if there is none, or its version isn't supported. */
export const openRecords = (place: Place): Promise<OpenRecords> =>
  place.kind === 'folder' ? openFolder(path.resolve(place.dataDir)) : openStore(place);

export interface RecordedEvent {
  readonly line: ChainLine;
  readonly texts: readonly RevealedText[];
}

type Readable = Pick<Records, 'lines' | 'head' | 'texts'>;

const pageSize = 200;

/**
 * Yields all events up to the head, and returns the head. The bot can write in the meantime: the head is read after the last
 * event, and if it advanced, the new events are read too.
 */
export async function* readRecord(records: Readable): AsyncGenerator<RecordedEvent, Link> {
  // From the very first row, whatever its number.
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

async function withTexts(records: Readable, page: readonly ChainLine[]): Promise<readonly RecordedEvent[]> {
  const requests = [...new Set(page.map((line) => line.request))];
  if (requests.length === 0) return [];
  const texts = await records.texts({ requests });
  return page.map((line) => ({
    line,
    texts: texts.filter(({ request, revision }) => request === line.request && revision === line.revision),
  }));
}
