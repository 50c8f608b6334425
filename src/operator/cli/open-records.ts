/** Opens the audit log and reads it. */
import { readDatabaseUrl } from '../../config/env.ts';
import type { ChainLine, Link, RevealedText } from '../../domain/record/chain.ts';
import type { Records } from './records.ts';
import type { OpenRecords } from './subcommand.ts';

/** Opens the audit log. Throws {@link Unusable} if there is none, or its version isn't supported. */
export async function openRecords(): Promise<OpenRecords> {
  // Loads the database code only if needed.
  const { openStoreRecords } = await import('./open-store.ts');
  return openStoreRecords(readDatabaseUrl());
}

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
    head = await records.head();
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
