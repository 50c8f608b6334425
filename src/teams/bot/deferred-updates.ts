/** Updates of cards that follow an answer later, in the background. */

import { randomUUID } from 'node:crypto';
import { setTimeout as realPause } from 'node:timers/promises';
import { isDatabaseUnavailable } from '../../domain/database-errors.ts';
import { Throttled } from '../../domain/retry.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { bugCard } from '../cards/views/short-views.ts';
import type { Chat, Posted } from '../delivery/chat.ts';
import { statusOf } from '../delivery/targeted-messages.ts';

export interface DeferredUpdates {
  /** Replaces a placeholder with the answer when that is ready. If the answer fails, an error replaces it. Doesn't wait. */
  replace(at: Posted, answer: Promise<AdaptiveCard>): void;
  /**
   * Updates a card after the answer to a click on it had its head start; null: the card stays. The card can belong to everyone, so
   * it also stays after a failure, which is only logged. Called again if Teams takes the card only later. Doesn't wait. With
   * `shown`, the card is sent once more, and `shown` follows unless it failed, or the process stopped before.
   */
  follow(at: Posted, card: () => Promise<AdaptiveCard | null>, shown?: () => Promise<void>): void;
  /** Runs a repeatable action twice, 3 and 15 seconds later. A failure is only logged, and ends it. */
  runTwiceLater(act: () => Promise<void>): void;
  /** Running actions end, but nothing is shown any more. */
  stop(): Promise<void>;
}

/** The answer to a click and an update of its card travel separately. The older one must arrive first. */
const headStartMs = 500;
/** A slow answer that arrives after the update stands over it until the card is sent again. */
const sentAgainMs = 5_000;
/**
 * Delays after which another process has stored its work: a live one, or one that takes over within 10 seconds from a
 * failed one.
 */
const afterwardsMs = [3_000, 12_000];

/** While Teams refuses calls for longer, people have refreshed the card, or left. */
const longestThrottleMs = 60_000;
const secondUpdateMs = 2_000;

/** Returns the wait before a failed update is sent a second time; null: that doesn't help. */
function secondAfter(error: unknown): number | null {
  if (error instanceof Throttled) return error.retryAfterMs <= longestThrottleMs ? error.retryAfterMs : null;
  const status = statusOf(error) ?? 0;
  return status === 429 || status >= 500 ? secondUpdateMs : null;
}

interface DeferredUpdatesOptions {
  readonly chat: Pick<Chat, 'update'>;
  readonly log: Record<'error' | 'warn', (fields: object, message: string) => void>;
  /** Waits so many milliseconds, which a test skips. */
  readonly pause?: (ms: number, value?: undefined, options?: { ref: false }) => Promise<unknown>;
}

export function openDeferredUpdates({ chat, log, pause = realPause }: DeferredUpdatesOptions): DeferredUpdates {
  let stopped = false;

  async function updateOnce(at: Posted, read: () => Promise<AdaptiveCard | null>): Promise<void> {
    const card = stopped ? null : await read();
    if (card === null || stopped || (await chat.update(at, card))) return;
    log.warn({ ...at }, 'a deferred card was not shown: its message was deleted, or Teams refuses to edit it');
  }

  const update = (at: Posted, read: () => Promise<AdaptiveCard | null>): Promise<void> =>
    updateOnce(at, read).catch(async (error: unknown) => {
      const waitMs = secondAfter(error);
      if (waitMs === null) throw error;
      await pause(waitMs, undefined, { ref: false });
      await updateOnce(at, read);
    });

  /** Logs an error, because no caller awaits the answer. Returns its ID. */
  function logBug(error: unknown): string {
    const errorId = randomUUID().slice(0, 8);
    log.error({ err: error, errorId }, 'a deferred answer failed: unexpected error');
    return errorId;
  }

  async function replace(at: Posted, answer: Promise<AdaptiveCard>): Promise<void> {
    const failed = (error: unknown) => (stopped ? null : bugCard(logBug(error)));
    const [card] = await Promise.all([answer.catch(failed), pause(headStartMs)]);
    await update(at, async () => card);
  }

  async function follow(at: Posted, card: () => Promise<AdaptiveCard | null>, shown?: () => Promise<void>) {
    let failed = false;
    const read = () =>
      card().catch((error: unknown) => {
        if (stopped || isDatabaseUnavailable(error)) throw error;
        failed = true;
        logBug(error);
        return null;
      });
    await pause(headStartMs);
    await update(at, read);
    if (failed || shown === undefined) return;
    await pause(sentAgainMs, undefined, { ref: false });
    await update(at, read);
    if (!stopped) await shown();
  }

  async function twice(act: () => Promise<void>): Promise<void> {
    for (const ms of afterwardsMs) {
      await pause(ms, undefined, { ref: false });
      if (stopped) return;
      await act();
    }
  }

  const inBackground = (work: Promise<void>): void =>
    void work.catch((error: unknown) => log.warn({ err: error }, 'a deferred update failed'));

  return {
    replace: (at, answer) => inBackground(replace(at, answer)),
    follow: (...given) => inBackground(follow(...given)),
    runTwiceLater: (act) => inBackground(twice(act)),
    async stop() {
      stopped = true;
    },
  };
}
