/** Not faster than a conversation takes it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestId } from '../../domain/ids.ts';

/** Teams lets a bot send about one update a second into a conversation without being slowed down. */
const betweenUpdatesMs = 1_000;

export interface Pace {
  /** Waits until the request may be shown again, and counts it as shown. */
  turn(id: RequestId): Promise<void>;
  /** Somebody waits for what the request came to: who waits for its turn has it now, and the next need not wait. */
  atOnce(id: RequestId): void;
}

/** By a clock that nobody sets: shown while the time of day was ahead, a request would not be shown again until then. */
export function openPace(): Pace {
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
