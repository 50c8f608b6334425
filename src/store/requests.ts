/** The port `Requests` on the database. Which requests are open is taken from events that were checked, not from what is derived. */
import type { Pool } from 'pg';
import { PersonId, RequestId } from '../domain/ids.ts';
import type { Appended, Requests } from '../domain/ports/store.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import { fold } from '../domain/request/evolve.ts';
import type { Refusal } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';
import { type AppendTools, appendIn } from './append.ts';
import { AtKnownHead } from './at-known-head.ts';
import { lockText, readLocked } from './chain-head.ts';
import { type Asked, nowKnown } from './draft.ts';
import { countRequests, eventsOfEach, eventsOfNewest, eventsOfThese } from './event-rows.ts';
import { inTransactionFrom } from './sql.ts';
import { together } from './together.ts';

const foldAll = (all: ReadonlyMap<string, readonly StoredEvent[]>): readonly Request[] =>
  [...all].flatMap(([id, events]) => fold(RequestId.parse(id), events) ?? []);

/** Whatever others do meanwhile: they wait. */
async function appendLocked(pool: Pool, tools: AppendTools, asked: Asked): Promise<Appended | Refusal> {
  const before = tools.clock.read();
  const { answer, written } = await inTransactionFrom(pool, lockText, (sql, rows) => {
    const { now: database, ...head } = readLocked(rows);
    return appendIn(sql, tools, asked, { head, told: { before, database } });
  });
  if (written !== null) nowKnown(tools.known, written);
  return answer;
}

/** `written` is called after a commit that may have written outbox rows. */
export function openRequests(pool: Pool, tools: AppendTools, written: (after: Request) => void): Requests {
  const atKnownHead = new AtKnownHead(pool, tools);
  const read = together((ids: readonly RequestId[]) => eventsOfEach(pool, tools, [...new Set(ids)]));
  const caughtUp = together<never, void>(() => tools.known.catchUp(pool));
  const events = async (id: RequestId): Promise<readonly StoredEvent[]> => (await read([id])).get(id) ?? [];
  return {
    append: async (id, cause, decide) => {
      const asked: Asked = { id, cause, decide, trace: tools.trace() };
      const answer = (await atKnownHead.append(asked)) ?? (await appendLocked(pool, tools, asked));
      if (answer.kind === 'accepted' && !answer.replay) written(answer.request);
      return answer;
    },
    load: async (id) => fold(id, await events(id)),
    askedBy: async (id) => PersonId.safeParse(tools.known.now(id)?.requester).data ?? null,
    events,
    openFor: async (resourceId) => {
      await caughtUp([]);
      // Resources are compared as Azure compares them: without regard to case.
      return RequestId.nullable().parse(tools.known.holderOf(resourceId.toLowerCase()));
    },
    openFrom: async (messageId) => {
      await tools.known.catchUp(pool);
      return RequestId.nullable().parse(tools.known.openFrom(messageId));
    },
    list: async (limit, offset) => foldAll(await eventsOfNewest(pool, tools, limit, offset)),
    count: (most) => countRequests(pool, most),
    open: async (limit = Number.POSITIVE_INFINITY, offset = 0, wanted = {}) => {
      await caughtUp([]);
      const open = tools.known.open(wanted);
      const page = open.slice(offset, offset + limit);
      const events = await eventsOfThese(pool, tools, page);
      return {
        requests: page.flatMap((id) => fold(RequestId.parse(id), events.get(id) ?? []) ?? []),
        total: open.length,
      };
    },
    countOpen: async () => {
      await caughtUp([]);
      return tools.known.countOpen();
    },
    held: async () => {
      await caughtUp([]);
      return new Map(
        [...tools.known.holders].map(([resource, id]) => {
          return [resource, { id: RequestId.parse(id), waits: tools.known.waitsOf(id) }];
        }),
      );
    },
    ofResource: async (resourceId) => {
      await caughtUp([]);
      return tools.known.requestsFor(resourceId.toLowerCase()).map((id) => RequestId.parse(id));
    },
  };
}
