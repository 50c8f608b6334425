/** Not faster than a conversation takes it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestId } from '../../domain/ids.ts';

/** Teams lets a bot send about one update a second into a conversation without being slowed down. */
const betweenUpdatesMs = 1_000;

export interface Pace {
  /** Waits until the request may be shown again, and counts it as shown. */
  turn(id: RequestId): Promise<void>;
  /** The request has ended: it will hardly be shown again. */
  forget(id: RequestId): void;
}

export function openPace(): Pace {
  const last = new Map<RequestId, number>();
  return {
    async turn(id) {
      const since = Date.now() - (last.get(id) ?? 0);
      if (since < betweenUpdatesMs) await sleep(betweenUpdatesMs - since);
      last.set(id, Date.now());
    },
    forget(id) {
      last.delete(id);
    },
  };
}
