/**
 * Renders request cards: updates all places that show a request, and renders each person's own view.
 * A card that was lost, refused or deleted is posted again the next time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestId } from '../../domain/ids.ts';
import type { Jobs, PostedCard, PostedCards, Requests } from '../../domain/ports/store.ts';
import { type RescheduleAt, retryRefused } from '../../domain/request/consequences.ts';
import type { Origin } from '../../domain/request/payloads.ts';
import { hasEnded, isAtRest, type Request } from '../../domain/request/request.ts';
import { settleAll } from '../../io/settle.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import type { Reader } from '../cards/views/reader.ts';
import { type CardInputs, withInputs } from '../cards/with-inputs.ts';
import { approverIn, kindOf } from './audience.ts';
import { asCopy, knownCards } from './card-copies.ts';
import { type CardRendererOptions, openCardRenderer, type RequestView } from './card-renderer.ts';
import type { Chat, Posted } from './chat.ts';
import { erasedNotifications } from './notifications.ts';
import { type DesiredCardsOptions, desiredCards, fingerprint, openCard, reconcileCard } from './reconcile-cards.ts';
import { forgetReminders } from './reminders.ts';

/** Teams accepts about one update a second in a conversation without throttling the bot. */
const betweenUpdatesMs = 1_000;

/** Uses a monotonic clock, so that a wrong time of day can't block updates. */
export function openUpdateThrottle() {
  const last = new Map<RequestId, number>();
  const waiting = new Map<RequestId, AbortController>();
  return {
    /** Waits until the request can be shown again, and counts it as shown. */
    async turn(id: RequestId): Promise<void> {
      const since = performance.now() - (last.get(id) ?? Number.NEGATIVE_INFINITY);
      if (since < betweenUpdatesMs) {
        const cut = waiting.get(id) ?? new AbortController();
        waiting.set(id, cut);
        await sleep(betweenUpdatesMs - since, undefined, { signal: cut.signal }).catch(() => undefined);
      }
      last.set(id, performance.now());
    },
    /** Skips the wait for a request that came to rest: for the current caller and the next one. */
    atOnce(id: RequestId): void {
      last.delete(id);
      waiting.get(id)?.abort();
      waiting.delete(id);
    },
  };
}

interface RequestCardsOptions extends CardRendererOptions, DesiredCardsOptions {
  readonly requests: Requests;
  readonly postedCards: PostedCards;
  readonly jobs: Pick<Jobs, 'onWritten'>;
  readonly chat: Chat;
}

export interface ViewedCard {
  readonly at: Posted | null;
  readonly reader: Reader;
  /** Teams fetched it automatically: then its row might not be stored yet, and it isn't a copy. */
  readonly automatic: boolean;
}

export type RequestCards = ReturnType<typeof openRequestCards>;

interface Setting {
  readonly request: Request;
  readonly view: RequestView;
  readonly cards: readonly PostedCard[];
}

async function cardAt(
  { requests, postedCards, chat }: RequestCardsOptions,
  { request, view, cards }: Setting,
  { at, automatic }: Omit<ViewedCard, 'reader'>,
) {
  const known = cards.find((card) => card.activityId === at?.activityId);
  const copy =
    known === undefined && at !== null && !automatic ? await asCopy({ requests, postedCards }, request, at) : null;
  if (copy !== null) {
    const card = view.inPlace(copy.audience);
    if (await chat.update(copy, card).catch(() => false))
      await postedCards.save({ ...copy, fingerprint: fingerprint(card) });
  }
  const isUnknown = known === undefined && at !== null && automatic;
  return { kind: kindOf((known ?? copy)?.audience ?? '') ?? 'approval', isUnknown };
}

export function openRequestCards(options: RequestCardsOptions) {
  const { requests, postedCards } = options;
  const draw = openCardRenderer(options);
  const pace = openUpdateThrottle();
  async function settingOf(request: Request, waiting?: 'click'): Promise<Setting> {
    const [view, cards] = await Promise.all([draw(request, waiting), knownCards(postedCards, request)]);
    return { request, view, cards };
  }
  options.jobs.onWritten((after) => {
    if (isAtRest(after)) pace.atOnce(after.id);
  });
  return {
    /**
     * Returns the current card for this reader. An unregistered copy is updated for everyone and registered. `isUnknown`: it isn't
     * registered yet, and Teams fetched it automatically. Later it shows if it is a copy or new.
     */
    async cardFor(request: Request, viewed: ViewedCard) {
      const setting = await settingOf(request, 'click');
      const { kind, isUnknown } = await cardAt(options, setting, viewed);
      return { card: setting.view.forReader(kind, viewed.reader), isUnknown };
    },
    /**
     * Returns the shared card if the request has come to rest since it was rendered as `request`; otherwise null. Other
     * changes are followed by more updates, or shown later than any answer.
     */
    async latestCard({ id, revision }: Request, at: Posted): Promise<AdaptiveCard | null> {
      const request = await requests.load(id);
      if (request === null || request.revision === revision || !isAtRest(request)) return null;
      const known = (await knownCards(postedCards, request)).find((card) => card.activityId === at.activityId);
      if (known === undefined) return null;
      return (await draw(request, 'click')).inPlace(known.audience);
    },
    /**
     * Sends the current card again to a place that has one. Fills in the inputs of the person who clicked it, where no one
     * else sees them.
     */
    async redraw(id: RequestId, at: Posted, inputs: CardInputs): Promise<void> {
      const request = await requests.load(id);
      if (request === null) return;
      const { view, cards } = await settingOf(request, 'click');
      const known = cards.find(({ activityId }) => activityId === at.activityId);
      if (known === undefined) return;
      const own = approverIn(known.audience) === null ? {} : inputs;
      await options.chat.update(known, withInputs(view.inPlace(known.audience), own));
    },
    /** Registers an unregistered copy as `cardFor` does, for callers that need no card: after a refused click, or later. */
    async registerCopy(id: RequestId, at: Posted | null): Promise<void> {
      if (at === null) return;
      const request = await requests.load(id);
      if (request === null) return;
      await cardAt(options, await settingOf(request, 'click'), { at, automatic: false });
    },
    async open(request: Request, place: Origin, reader: Reader): Promise<void> {
      await openCard(options, request, place, reader, await draw(request, 'click'));
    },
    /** `signal`: another process shows it from now on. Returns when to show again what Teams refuses; null: nothing. */
    async show(id: RequestId, signal: AbortSignal): Promise<RescheduleAt | null> {
      await pace.turn(id);
      // Loaded after the wait, so that it includes what happened in the meantime.
      const [request, events] = await Promise.all([requests.load(id), requests.events(id)]);
      if (request === null) return null;
      const { view, cards } = await settingOf(request);
      const wanted = [
        ...(await desiredCards(options, request, cards, view)),
        ...(await erasedNotifications(options, request, events, cards)),
      ];
      signal.throwIfAborted();
      const refused = await settleAll(
        wanted.map((one) =>
          reconcileCard(
            options,
            request,
            one,
            cards.find(({ audience }) => audience === one.audience),
          ),
        ),
      );
      if (hasEnded(request)) {
        await forgetReminders(postedCards, id);
        pace.atOnce(id);
      }
      return refused.includes(true) ? retryRefused(events.at(-1), options.now()) : null;
    },
  };
}
