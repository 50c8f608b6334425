/** `Requests` in memory: decides and folds as the real store does, one append at a time, and stores bodies as JSON. */

import { RequestId } from '../../../src/domain/ids.ts';
import type { Requests } from '../../../src/domain/ports/store.ts';
import { type EventBody, recordVersion, type StoredEvent } from '../../../src/domain/request/events.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import type { Waits } from '../../../src/domain/request/payloads.ts';
import { refuse } from '../../../src/domain/request/refusal.ts';
import { hasEnded, type Request } from '../../../src/domain/request/request.ts';
import { parseEventBody } from '../../../src/operations/registry.ts';

const asStored = (body: EventBody): EventBody =>
  parseEventBody({ ...JSON.parse(JSON.stringify(body)), schema: recordVersion });

export interface MemoryRequests extends Requests {
  /** Everything stored, over all requests, oldest first. A test can add events of another stream. */
  readonly all: () => (StoredEvent & { readonly requestId: RequestId })[];
}

const waitsOf: Record<Waits, readonly Request['state'][]> = {
  approval: ['awaiting-approval'],
  attention: ['needs-attention'],
  bot: ['approved', 'running'],
};

export function memoryRequests(clock: () => Date): MemoryRequests {
  const stored: (StoredEvent & { readonly requestId: RequestId })[] = [];
  const of = (id: RequestId): StoredEvent[] => stored.filter((event) => event.requestId === id);
  const ids = (): RequestId[] => [...new Set(stored.map((event) => event.requestId))];
  /** Each as it is, until something more is stored: lives of hundreds of turns look at theirs in every one. */
  const folded = new Map<RequestId, Request | null>();
  const loaded = (id: RequestId): Request | null => {
    const known = folded.get(id);
    if (known !== undefined) return known;
    const request = fold(id, of(id));
    folded.set(id, request);
    return request;
  };
  /** Oldest first. */
  const requests = (): readonly Request[] => ids().flatMap((id) => loaded(id) ?? []);
  const open = (): readonly Request[] => requests().filter((request) => !hasEnded(request));
  const isOf = (resourceId: string) => (request: Request) =>
    request.plan.spec.resource.id.toLowerCase() === resourceId.toLowerCase();
  const holderOf = (resourceId: string): RequestId | null => open().find(isOf(resourceId))?.id ?? null;

  return {
    all: () => stored,
    countOpen: async () => {
      const counts = { 'awaiting-approval': 0, approved: 0, running: 0, 'needs-attention': 0 };
      for (const { state } of open()) if (state in counts) counts[state as keyof typeof counts] += 1;
      return counts;
    },
    async append(id, cause, decide) {
      const before = of(id);
      const recorded = before.filter((event) => event.cause === cause);
      const last = recorded.at(-1);
      if (last !== undefined) {
        const request = fold(id, before.slice(0, last.revision));
        if (request === null) throw new Error('a recorded cause without a request');
        return { kind: 'accepted', request, events: recorded, replay: true };
      }
      const now = clock();
      const decision = decide(loaded(id), now);
      if (decision.kind === 'refused') return decision;
      const events = decision.events.map((event, n) => ({
        requestId: id,
        seq: stored.length + n + 1,
        revision: before.length + n + 1,
        cause,
        time: now.toISOString(),
        body: asStored(event.body),
        texts: event.texts,
      }));
      const request = fold(id, [...before, ...events]);
      if (request === null) throw new Error('accepted without an event, and there is no request');
      const holder = hasEnded(request) ? null : holderOf(request.plan.spec.resource.id);
      if (holder !== null && holder !== id) return refuse('resource-has-open-request', holder);
      stored.push(...events);
      folded.set(id, request);
      return { kind: 'accepted', request, events, replay: false };
    },
    load: async (id) => loaded(id),
    events: async (id) => of(RequestId.parse(id)),
    openFor: async (resourceId) => holderOf(resourceId),
    openFrom: async (messageId) => open().find(({ origin }) => origin.messageId === messageId)?.id ?? null,
    open: async (limit = Number.POSITIVE_INFINITY, offset = 0, wanted = {}) => {
      const part = wanted.named?.toLowerCase() ?? '';
      const found = open()
        .toReversed()
        .filter(({ requester }) => wanted.requester === undefined || requester === wanted.requester)
        .filter(({ state }) => wanted.waits === undefined || waitsOf[wanted.waits].includes(state))
        .filter(({ id, resourceName }) => `${id} ${resourceName}`.toLowerCase().includes(part));
      return { requests: found.slice(offset, offset + limit), total: found.length };
    },
    held: async () =>
      new Map(
        open().map(({ id, state, plan, touched }) => {
          const waits = (Object.keys(waitsOf) as Waits[]).find((one) => waitsOf[one].includes(state)) ?? 'bot';
          return [plan.spec.resource.id.toLowerCase(), { id, waits, touched }];
        }),
      ),
    ofResource: async (resourceId) =>
      requests()
        .filter(isOf(resourceId))
        .map(({ id }) => id)
        .reverse(),
    count: async (most) => Math.min(most, ids().length),
    list: async (limit, offset) =>
      requests()
        .toReversed()
        .slice(offset, offset + limit),
  };
}
