/** The ports `Requests` and `Drifts`. What is open comes from the index of verified events, never from derived tables. */

import type { Pool } from 'pg';
import { sha256 } from '../domain/canonical-json.ts';
import { DriftId, driftIdOf, RequestId, type StreamId } from '../domain/ids.ts';
import type { Appended, AppendedTo, Drifts, Requests } from '../domain/ports/store.ts';
import type { StoredEvent } from '../domain/request/events.ts';
import { fold } from '../domain/request/evolve.ts';
import type { Refusal } from '../domain/request/refusal.ts';
import type { Request } from '../domain/request/request.ts';
import { foldWatch, openDriftOf } from '../domain/watch/resource-watch.ts';
import { type AppendTools, append } from './append.ts';
import { batchCalls } from './batch-calls.ts';
import { countRequests, eventsOf, eventsOfEach, eventsOfNewest, eventsOfThese } from './event-rows.ts';
import { driftRules, requestRules } from './pending-commit.ts';

const foldAll = (all: ReadonlyMap<string, readonly StoredEvent[]>): readonly Request[] =>
  [...all].flatMap(([id, events]) => fold(RequestId.parse(id), events) ?? []);

/** Calls `written` after a commit of new events. */
export function reported(answer: AppendedTo<Request> | Refusal, written: (after: Request) => void): Appended | Refusal {
  if (answer.kind === 'refused') return answer;
  const { after, ...rest } = answer;
  if (!answer.replay) written(after);
  return { ...rest, request: after };
}

export function openRequests(pool: Pool, tools: AppendTools, written: (after: Request) => void): Requests {
  const read = batchCalls((ids: readonly StreamId[]) => eventsOfEach(pool, tools, [...new Set(ids)]));
  const caughtUp = batchCalls<never, void>(() => tools.monitor.catchUp(pool));
  const index = async () => {
    await caughtUp([]);
    return tools.monitor.index;
  };
  const events = async (id: StreamId): Promise<readonly StoredEvent[]> => (await read([id])).get(id) ?? [];
  return {
    append: async (id, cause, decide) =>
      reported(await append(pool, tools, { rules: requestRules, id, cause, decide, trace: tools.trace() }), written),
    load: async (id) => fold(id, await events(id)),
    events,
    // Azure's resource IDs are case-insensitive.
    openFor: async (resourceId) => RequestId.nullable().parse((await index()).holderOf(resourceId.toLowerCase())),
    openFrom: async (messageId) => RequestId.nullable().parse((await index()).openFrom(messageId)),
    list: async (limit, offset) => foldAll(await eventsOfNewest(pool, tools, limit, offset)),
    count: (most) => countRequests(pool, most),
    open: async (limit = Number.POSITIVE_INFINITY, offset = 0, wanted = {}) => {
      const open = (await index()).open(wanted);
      const page = open.slice(offset, offset + limit);
      const events = await eventsOfThese(pool, tools, page);
      return {
        requests: page.flatMap((id) => fold(RequestId.parse(id), events.get(id) ?? []) ?? []),
        total: open.length,
      };
    },
    countOpen: async () => (await index()).countOpen(),
    held: async () => {
      const { holders, get, waitsOf } = await index();
      return new Map(
        [...holders].map(([resource, id]) => {
          const touched = get(id)?.touched === true;
          return [resource, { id: RequestId.parse(id), waits: waitsOf(id), touched }];
        }),
      );
    },
    ofResource: async (resourceId) =>
      (await index()).requestsFor(resourceId.toLowerCase()).map((id) => RequestId.parse(id)),
  };
}

const streamOf = (agent: string): DriftId => driftIdOf(sha256(agent.toLowerCase()));

export function openDrifts(pool: Pool, tools: AppendTools): Drifts {
  const load = async (id: DriftId) => foldWatch(id, await eventsOf(pool, tools, id));
  return {
    append: (agent, cause, decide) =>
      append(pool, tools, { rules: driftRules, id: streamOf(agent), cause, decide, trace: tools.trace() }),
    load,
    of: (agent) => load(streamOf(agent)),
    succeeded: async () => {
      await tools.monitor.catchUp(pool);
      return new Map([...tools.monitor.index.succeeded].map(([agent, id]) => [agent, RequestId.parse(id)]));
    },
    open: async () => {
      await tools.monitor.catchUp(pool);
      const streams = tools.monitor.index.drifts;
      const events = await eventsOfEach(pool, tools, [...streams.values()]);
      const open = [...streams].flatMap(([agent, id]) => {
        const drift = openDriftOf(foldWatch(DriftId.parse(id), events.get(id) ?? []));
        return drift === null ? [] : [[agent, drift] as const];
      });
      return new Map(open);
    },
  };
}
