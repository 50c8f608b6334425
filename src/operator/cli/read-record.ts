/** Reads the whole record in pages, each event with the texts that were not erased. */
import type { ChainLine, Link, RevealedText } from '../../domain/record/chain.ts';
import type { Records } from '../rpc/calls.ts';

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
