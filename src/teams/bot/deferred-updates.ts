/** Deferred updates: cards that replace another one after the turn has ended. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { bugCard } from '../cards/views/short-views.ts';
import type { Chat, Posted } from '../delivery/chat.ts';

export interface DeferredUpdates {
  /** Replaces the card when the new one is ready; null: it stays. Doesn't wait. */
  replace(at: Posted, card: Promise<AdaptiveCard | null>): void;
  /** The same for a card that is requested only after the click's answer had its head start. */
  follow(at: Posted, card: () => Promise<AdaptiveCard | null>): void;
  /** Runs a repeatable action twice, 3 and 15 seconds later. A failure is only logged, and ends it. */
  runTwiceLater(act: () => Promise<void>): void;
  /** Running actions end, but nothing is shown any more. */
  stop(): Promise<void>;
}

/** The answer to a click and an update of its card travel separately. The older one must arrive first. */
const headStartMs = 500;
/**
 * Delays after which another process has stored its work: a live one, or one that takes over within 10 seconds from a
 * failed one.
 */
const afterwardsMs = [3_000, 12_000];

export function openDeferredUpdates(
  chat: Pick<Chat, 'update'>,
  log: Record<'error' | 'warn', (fields: object, message: string) => void>,
): DeferredUpdates {
  let stopped = false;

  async function put(at: Posted, coming: Promise<AdaptiveCard | null>): Promise<void> {
    const [card] = await Promise.all([coming, pause(headStartMs)]);
    if (card !== null && !stopped) await chat.update(at, card);
  }

  /** Shows and logs an error, because no caller awaits the update. */
  async function sayBug(at: Posted, error: unknown): Promise<void> {
    if (stopped) return;
    const errorId = randomUUID().slice(0, 8);
    log.error({ err: error, errorId }, 'a deferred card update failed: unexpected error');
    await chat.update(at, bugCard(errorId)).catch(() => undefined);
  }

  async function twice(act: () => Promise<void>): Promise<void> {
    for (const ms of afterwardsMs) {
      await pause(ms, undefined, { ref: false });
      if (stopped) return;
      await act();
    }
  }

  const replace = (at: Posted, card: Promise<AdaptiveCard | null>): void =>
    void put(at, card).catch((error: unknown) => sayBug(at, error));

  return {
    replace,
    follow: (at, card) =>
      replace(
        at,
        pause(headStartMs).then(() => (stopped ? null : card())),
      ),
    runTwiceLater: (act) =>
      void twice(act).catch((error: unknown) => log.warn({ err: error }, 'a deferred update failed')),
    async stop() {
      stopped = true;
    },
  };
}
