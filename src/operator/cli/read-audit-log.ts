import type { RequestId } from '../../domain/ids.ts';
import type { ChainLine, Link, RevealedText } from '../../domain/record/chain.ts';
import type { AuditLog } from '../../store/audit-log.ts';

export interface RecordedEvent {
  readonly line: ChainLine;
  readonly texts: readonly RevealedText[];
}

type Readable = Pick<AuditLog, 'lines' | 'textsOf'> & { head(): Promise<Link> };

const pageSize = 200;

/**
 * Yields all events up to the head, and returns the head. The bot can write in the meantime: the head is read after the last
 * event, and if it advanced, the new events are read too.
 */
export async function* readAuditLog(log: Readable): AsyncGenerator<RecordedEvent, Link> {
  let last: number | null = null;
  for (let head: Link | null = null; ; ) {
    const page: readonly ChainLine[] = await log.lines(last, pageSize);
    for (const event of await withTexts(log, page)) {
      yield event;
      last = event.line.seq;
    }
    if (page.length > 0) continue;
    if (head !== null && head.seq >= (last ?? 0)) return head;
    head = await log.head();
    if (head.seq <= (last ?? 0)) return head;
  }
}

async function withTexts(log: Readable, page: readonly ChainLine[]): Promise<readonly RecordedEvent[]> {
  // Ids come unchecked from chain entries; an impossible id has no texts.
  const requests = [...new Set(page.map((line) => line.request as RequestId))];
  if (requests.length === 0) return [];
  const texts = await log.textsOf(requests);
  return page.map((line) => ({
    line,
    texts: texts.filter(({ request, revision }) => request === line.request && revision === line.revision),
  }));
}
