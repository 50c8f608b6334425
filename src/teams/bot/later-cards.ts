/** Cards that come after the turn that asked for them has ended: each takes the place of the one that said so. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { bugCard } from '../cards/views/short-views.ts';
import type { Chat, Posted } from '../delivery/chat.ts';

export interface LaterCards {
  /** Puts the card where the other one stands, once there is one; null: that one stays. Does not wait. */
  replace(at: Posted, card: Promise<AdaptiveCard | null>): void;
  /** The same for a card that is asked for once the answer to the click has had its head start. */
  follow(at: Posted, card: () => Promise<AdaptiveCard | null>): void;
  /** Does something a few seconds later that nobody waits for, and that changes nothing where it fails. */
  afterwards(act: () => Promise<void>): void;
  /** What is under way still ends, and nothing is said of it any more. */
  stop(): Promise<void>;
}

/** The answer to a click and an update of its card travel apart: the one that was made first must come first. */
const headStartMs = 500;
/**
 * Pauses after which what a turn leaves to others is stored: by a process that lives; by one that takes over from one that died,
 * which it does within 10 seconds.
 */
const afterwardsMs = [3_000, 12_000];

export function openLaterCards(
  chat: Pick<Chat, 'update'>,
  log: Record<'error' | 'warn', (fields: object, message: string) => void>,
): LaterCards {
  let stopped = false;

  async function put(at: Posted, coming: Promise<AdaptiveCard | null>): Promise<void> {
    const [card] = await Promise.all([coming, pause(headStartMs)]);
    if (card !== null && !stopped) await chat.update(at, card);
  }

  /** Nobody waits for this, so nobody else would hear of it. */
  async function sayBug(at: Posted, error: unknown): Promise<void> {
    if (stopped) return;
    const errorId = randomUUID().slice(0, 8);
    log.error({ err: error, errorId }, 'a card that was to come later ended by an unexpected error');
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
    afterwards: (act) =>
      void twice(act).catch((error: unknown) => log.warn({ err: error }, 'what was to come after a turn failed')),
    async stop() {
      stopped = true;
    },
  };
}
