/** Posts answers: replies, however slow Azure is, once for a double click, and updates that follow later. */

import { randomUUID } from 'node:crypto';
import { setTimeout as realPause } from 'node:timers/promises';
import type { TurnContext } from 'botbuilder';
import { z } from 'zod';
import { sha256 } from '../../domain/canonical-json.ts';
import { isDatabaseUnavailable } from '../../domain/database-errors.ts';
import { type Documents, isWritten } from '../../domain/ports/store.ts';
import { Throttled } from '../../domain/retry.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { bugCard, lookingCard } from '../cards/views/short-views.ts';
import { type Chat, cardActivity, type Posted } from '../delivery/chat.ts';
import { isTargetedMessage, statusOf } from '../delivery/targeted-messages.ts';
import type { KnownSender } from './activity.ts';

/** Delay before the typing indicator is shown. Fast answers don't need it. */
const typingAfterMs = 600;

async function whileTyping<T>(context: TurnContext, waiting: Promise<T>): Promise<T> {
  let typing: Promise<unknown> = Promise.resolve();
  const timer = setTimeout(() => {
    typing = context.sendActivity({ type: 'typing' }).catch(() => undefined);
  }, typingAfterMs);
  try {
    return await waiting;
  } finally {
    clearTimeout(timer);
    // The indicator must arrive before the answer, and within the turn.
    await typing;
  }
}

export interface Reply {
  readonly card: AdaptiveCard;
  /** In place of it, where only the person who typed sees the answer. */
  readonly alone?: AdaptiveCard;
  /** Called with the message that holds the card; with null if only one person sees it. Null: no callback. */
  readonly standsIn: ((messageId: string | null) => Promise<void>) | null;
  /** A lasting card for others, or an answer for the person who clicked. */
  readonly readers: 'everybody' | 'who-asked';
}

interface TargetedApp {
  readonly chat: Pick<Chat, 'replyTargeted'>;
}

const placeOf = ({ alone, activityId }: Posted): string | null => (alone === true ? null : activityId);

/** Null: what was typed was for everybody, or Teams has no such messages here. */
const sendAlone = async ({ chat }: TargetedApp, context: TurnContext, card: AdaptiveCard): Promise<Posted | null> =>
  isTargetedMessage(context.activity) ? chat.replyTargeted(context, card) : null;

/** Where what was typed was for the bot alone, so is its answer, unless Teams has no way for that: then everybody sees it. */
export async function send(
  { chat }: TargetedApp,
  context: TurnContext,
  card: AdaptiveCard,
  readers: Reply['readers'],
): Promise<Posted> {
  const posted = readers === 'who-asked' ? await sendAlone({ chat }, context, card) : null;
  if (posted !== null) return posted;
  const sent = await context.sendActivity(cardActivity(card));
  return { conversationId: context.activity.conversation.id, activityId: sent?.id ?? '' };
}

/** Sends the card; if it is slow, first a placeholder that it replaces. `likely`: who sees the placeholder. */
export async function reply(
  app: TargetedApp & { readonly later: DeferredUpdates },
  context: TurnContext,
  coming: Promise<Reply>,
  likely: Reply['readers'],
): Promise<void> {
  if ((await whileTyping(context, withSoftTimeout(coming))) === 'in-time') {
    const answer = await coming;
    const posted =
      (answer.alone === undefined ? null : await sendAlone(app, context, answer.alone)) ??
      (await send(app, context, answer.card, answer.readers));
    if (posted.activityId !== '') await answer.standsIn?.(placeOf(posted));
    return;
  }
  const posted = await send(app, context, lookingCard(), likely);
  const come = async ({ card, alone, standsIn }: Reply): Promise<AdaptiveCard> => {
    await standsIn?.(placeOf(posted));
    return posted.alone === true ? (alone ?? card) : card;
  };
  app.later.replace(posted, coming.then(come));
}

/**
 * Teams shows its own error after 10 to 15 s. Authorization happens before, and rendering, storing and the way back
 * take time too. People also don't trust a longer spinner.
 */
const timeoutMs = 5_000;

/** Returns `slow` after the timeout. The work continues, and the caller decides what happens to it. */
export async function withSoftTimeout(work: Promise<unknown>): Promise<'in-time' | 'slow'> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<'slow'>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'slow');
  });
  try {
    return await Promise.race([work.then(() => 'in-time' as const), slow]);
  } finally {
    clearTimeout(timer);
  }
}

// Deduplicates clicks on buttons that post a card.
// A double click, or a client's retry after no answer, posts once. The key is the person, the place and the button. A
// later click posts again.

/** Longer than a client's timeout, shorter than a repeat on purpose. */
const onceInMs = 20_000;

export interface ClickDedupe {
  /** Returns true if the same click didn't happen just before. Then the card must be posted. */
  isFirst(sender: Pick<KnownSender, 'person' | 'origin'>, verb: string, about: string): Promise<boolean>;
}

const PostedOnce = z.looseObject({ at: z.iso.datetime() });

export function openClickDedupe(documents: Documents, now: () => Date): ClickDedupe {
  return {
    async isFirst({ person, origin }, verb, about) {
      const clicked = JSON.stringify([person, origin.conversationId, verb, about]);
      const key = `once/${sha256(clicked)}`;
      const at = now();
      const found = (await documents.read([key]))[key];
      const before = PostedOnce.safeParse(found).data;
      // Absolute, in case the clock was set back.
      if (before !== undefined && Math.abs(at.getTime() - Date.parse(before.at)) < onceInMs) return false;
      // False: the other click was faster.
      return isWritten(documents.write({ [key]: { at: at.toISOString(), eTag: found?.eTag ?? '' } }));
    },
  };
}

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
