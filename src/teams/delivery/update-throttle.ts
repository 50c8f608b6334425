/** Throttles the card updates of a request. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestId } from '../../domain/ids.ts';

/** Teams accepts about one update a second in a conversation without throttling the bot. */
const betweenUpdatesMs = 1_000;

export interface UpdateThrottle {
  /** Waits until the request can be shown again, and counts it as shown. */
  turn(id: RequestId): Promise<void>;
  /** Skips the wait for a request that came to rest: for the current caller and the next one. */
  atOnce(id: RequestId): void;
}

/** Uses a monotonic clock, so that a wrong time of day can't block updates. */
export function openUpdateThrottle(): UpdateThrottle {
  const last = new Map<RequestId, number>();
  const waiting = new Map<RequestId, AbortController>();
  return {
    async turn(id) {
      const since = performance.now() - (last.get(id) ?? Number.NEGATIVE_INFINITY);
      if (since < betweenUpdatesMs) {
        const cut = waiting.get(id) ?? new AbortController();
        waiting.set(id, cut);
        await sleep(betweenUpdatesMs - since, undefined, { signal: cut.signal }).catch(() => undefined);
      }
      last.set(id, performance.now());
    },
    atOnce(id) {
      last.delete(id);
      waiting.get(id)?.abort();
      waiting.delete(id);
    },
  };
}
