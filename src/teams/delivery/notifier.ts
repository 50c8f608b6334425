/**
 * The one renderer of request cards: brings every place where a request is shown up to date, and draws for each person
 * their own. A card that is lost, refused or deleted is posted again the next time.
 */
import type { PersonId, RequestId } from '../../domain/ids.ts';
import type { Conversations, Outbox, People, PostedCard, PostedCards, Requests } from '../../domain/ports/store.ts';
import type { Origin } from '../../domain/request/payloads.ts';
import { hasEnded, isAtRest, type Request } from '../../domain/request/request.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import type { Reader } from '../cards/views/reader.ts';
import type { CardKind } from '../cards/views/request-card.ts';
import type { Approvers } from './approvers.ts';
import { kindOf } from './audience.ts';
import type { Chat, Posted } from './chat.ts';
import { type DrawingOptions, openDrawing, type Scene } from './drawing.ts';
import { fingerprint, keepCard } from './keep-card.ts';
import { knownCards } from './known-cards.ts';
import { openCard } from './open-card.ts';
import { openPace } from './pace.ts';
import { type Beside, readAhead } from './read-ahead.ts';
import { asCopy } from './stray-cards.ts';
import { wantedCards } from './wanted-cards.ts';

export interface NotifierOptions {
  readonly requests: Requests;
  readonly shown: PostedCards;
  readonly onWritten: Outbox['onWritten'];
  readonly chat: Chat;
  readonly conversations: Conversations;
  readonly approvalsChannel: string;
  /** Requests that were asked in a chat are shown here as well, in short; null: nowhere else. */
  readonly operationsChannel: string | null;
  readonly approvers: Approvers;
  readonly people: Pick<People, 'among'>;
  /** Runs are not started: cards say so. */
  readonly paused: boolean;
  /** Approving needs a sign-in of its own: cards say so beforehand. */
  readonly stepUp: boolean;
  /** Evidence of a request that has ended can be had with a click. */
  readonly evidence: boolean;
  /** How long things may take: cards of a run that waits say so. */
  readonly patience: DrawingOptions['patience'];
  /** Null: nobody knows where Azure's own pages are. */
  readonly portal: DrawingOptions['portal'];
  readonly contradicting: DrawingOptions['contradicting'];
  readonly now: () => Date;
}

/** A card that somebody looks at or clicked. */
export interface Looked {
  readonly at: Posted | null;
  readonly reader: Reader;
  /** Teams fetched it by itself: then the post may be so new that its row is still to be stored, and it is no copy. */
  readonly automatic: boolean;
}

export interface Drawn {
  readonly card: AdaptiveCard;
  /** Nobody knows of it yet, and Teams fetched it by itself: whether it is a copy, or newly posted, is seen a little later. */
  readonly isUnknown: boolean;
}

export interface Notifier {
  show(id: RequestId): Promise<void>;
  /** The card as it is now for who looked. One that nobody knew of is brought up to date for everybody, and known from then on. */
  cardFor(request: Request, looked: Looked, beside?: Beside): Promise<Drawn>;
  /** Begins to read what `cardFor` will need, for what is about to be decided by a click: see {@link readAhead}. */
  readAhead(coming: Promise<Request | null>, by: PersonId): Beside;
  /**
   * What stands there for everybody where the request has come to an end since it was drawn as `request`; null where it has not.
   * What else happens is followed by more, or shown so late that it comes after every answer.
   */
  movedOn(request: Request, at: Posted): Promise<AdaptiveCard | null>;
  /** One that nobody knew of, as `cardFor` does with it, for whoever gets no card: after a click that was refused, or later. */
  adopt(id: RequestId, clicked: Posted | null): Promise<void>;
  /** Posts the card where somebody wants to see it. */
  open(request: Request, place: Origin, reader: Reader): Promise<void>;
}

type Click = Omit<Looked, 'reader'>;

interface Found {
  readonly kind: CardKind;
  readonly isUnknown: boolean;
}

/** A request, all that its cards say, and where they stand. */
interface Setting {
  readonly request: Request;
  readonly scene: Scene;
  readonly cards: readonly PostedCard[];
}

/** Which card stands there; a copy that nobody knew of is brought up to date for everybody. */
async function cardAt(
  { requests, shown, chat }: NotifierOptions,
  { request, scene, cards }: Setting,
  { at, automatic }: Click,
): Promise<Found> {
  const known = cards.find((card) => card.activityId === at?.activityId);
  const copy = known === undefined && at !== null && !automatic ? await asCopy({ requests, shown }, request, at) : null;
  if (copy !== null) {
    const card = scene.inPlace(copy.audience);
    if (await chat.update(copy, card).catch(() => false)) await shown.save({ ...copy, fingerprint: fingerprint(card) });
  }
  const isUnknown = known === undefined && at !== null && automatic;
  return { kind: kindOf((known ?? copy)?.audience ?? '') ?? 'approval', isUnknown };
}

export function openNotifier(options: NotifierOptions): Notifier {
  const { requests, shown } = options;
  const drawing = openDrawing(options);
  const pace = openPace();
  async function settingOf(request: Request, hurry?: 'a click waits', beside: Beside = options): Promise<Setting> {
    const [scene, cards] = await Promise.all([
      drawing.of(request, hurry, beside.people),
      knownCards(beside.shown, request),
    ]);
    return { request, scene, cards };
  }
  options.onWritten((after) => {
    if (isAtRest(after)) pace.atOnce(after.id);
  });
  return {
    readAhead: (coming, by) => readAhead(options, coming, by),
    async cardFor(request, looked, beside) {
      const setting = await settingOf(request, 'a click waits', beside);
      const { kind, isUnknown } = await cardAt(options, setting, looked);
      return { card: setting.scene.forReader(kind, looked.reader), isUnknown };
    },
    async movedOn({ id, revision }, at) {
      const request = await requests.load(id);
      if (request === null || request.revision === revision || !isAtRest(request)) return null;
      const known = (await knownCards(shown, request)).find((card) => card.activityId === at.activityId);
      if (known === undefined) return null;
      return (await drawing.of(request, 'a click waits')).inPlace(known.audience);
    },
    async adopt(id, at) {
      if (at === null) return;
      const request = await requests.load(id);
      if (request === null) return;
      await cardAt(options, await settingOf(request, 'a click waits'), { at, automatic: false });
    },
    async open(request, place, reader) {
      await openCard(options, request, place, reader, await drawing.of(request, 'a click waits'));
    },
    async show(id) {
      await pace.turn(id);
      // Loaded after the wait: what happened meanwhile is shown with it.
      const request = await requests.load(id);
      if (request === null) return;
      const { scene, cards } = await settingOf(request);
      const wanted = await wantedCards(options, request, cards, scene);
      // One place that refuses does not keep the others from being brought up to date.
      const results = await Promise.allSettled(
        wanted.map((one) =>
          keepCard(
            options,
            request,
            one,
            cards.find(({ audience }) => audience === one.audience),
          ),
        ),
      );
      const refused = results.find((result) => result.status === 'rejected');
      if (refused?.status === 'rejected') throw refused.reason;
      if (hasEnded(request)) pace.atOnce(id);
    },
  };
}
