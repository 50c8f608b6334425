/** Drawing a request's card for whoever reads it in a place. */
import type { Portal } from '../../domain/ports/azure.ts';
import type { People } from '../../domain/ports/store.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import { openDirectory } from '../cards/directory.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { withDoubt } from '../cards/views/doubt-line.ts';
import { withEvidence } from '../cards/views/evidence-button.ts';
import { withPortal } from '../cards/views/portal-line.ts';
import { everybody, hasViews, type Patience, type Reader } from '../cards/views/reader.ts';
import { type CardKind, requestCard } from '../cards/views/request-card.ts';
import { type KnownPerson, knownIn } from './addressees.ts';
import type { Approvers, Asked } from './approvers.ts';
import { kindOf, readerIn } from './audience.ts';
import { peopleIn } from './people-in.ts';

export interface DrawingOptions {
  readonly people: Pick<People, 'among'>;
  readonly approvers: Approvers;
  /** Runs are not started: cards say so. */
  readonly paused: boolean;
  /** Approving needs a sign-in of its own: cards say so beforehand. */
  readonly stepUp: boolean;
  /** Evidence of a request that has ended can be had with a click. */
  readonly evidence: boolean;
  /** Null: nobody knows where Azure's own pages are. */
  readonly portal: Portal | null;
  /** How long things may take. */
  readonly patience: Omit<Patience, 'now'>;
  /** Witnesses that know another history of the record: cards say so while there are any. */
  readonly contradicting: () => Promise<readonly string[]>;
  readonly now: () => Date;
}

/** A request with all that its cards say beside it, read once for all of them. */
export interface Scene {
  /** Nobody is once the request has ended: no card of one says who could have decided. */
  readonly asked: Asked;
  /** A person's own view of a card that others see as well. */
  forReader(kind: CardKind, reader: Reader): AdaptiveCard;
  /** The card as it stands in a place. */
  inPlace(audience: string): AdaptiveCard;
  /** What becomes of a request, without a question, in the chat of somebody who was asked and no longer is an approver. */
  withoutQuestion(): AdaptiveCard;
}

export interface Drawing {
  /** `people`: from where names are to be had, unless they are to be read now. */
  of(request: Request, hurry?: 'a click waits', people?: DrawingOptions['people']): Promise<Scene>;
}

/** Teams: `refresh.userIds` takes 60. */
const mostRefreshed = 60;

const nobody: Asked = { described: '', addressed: [], people: [], sources: [] };

/** Whose views Teams fetches: those it knows of the requester, of who approved, and of who was asked. */
function refreshedFor(request: Request, known: readonly KnownPerson[], { sources }: Asked): readonly string[] {
  if (!hasViews(request)) return [];
  const members = new Map([...known, ...knownIn(sources)].map(({ id, memberId }) => [id, memberId]));
  return [...members.values()].slice(0, mostRefreshed).sort();
}

export function openDrawing(options: DrawingOptions): Drawing {
  const { approvers, paused, stepUp, evidence, patience, portal, contradicting, now } = options;

  /** Those who have a view of their own for what they did, as far as Teams knows them. */
  async function viewersOf(request: Request, people: DrawingOptions['people']): Promise<readonly KnownPerson[]> {
    const ids = [request.requester, ...(hasEnded(request) ? [] : request.approvals.map(({ by }) => by))];
    const known = new Map((await people.among([...new Set(ids)])).map((one) => [one.id, one]));
    return ids.flatMap((id) => known.get(id) ?? []);
  }

  return {
    async of(request, hurry, people = options.people) {
      const [asked, names, viewers, witnesses] = await Promise.all([
        hasEnded(request) ? nobody : approvers.of(request, hurry),
        openDirectory(people).names(peopleIn(request)),
        viewersOf(request, people),
        contradicting(),
      ]);
      const userIds = refreshedFor(request, viewers, asked);

      /** `alone`: in a chat with one reader, whose card it is from the start. */
      function draw(kind: CardKind, reader: Reader, alone: boolean): AdaptiveCard {
        const card = requestCard(kind, request, {
          patience: { ...patience, now: now() },
          reader,
          names,
          awaited: asked.described,
          addressed: alone ? [] : asked.addressed,
          userIds: alone ? [] : userIds,
          paused,
          stepUp,
        });
        if (kind === 'short') return withDoubt(card, witnesses);
        const whole = withPortal(card, portal, request.plan, request.outputs.keyVersion);
        return withDoubt(withEvidence(whole, request, evidence), witnesses);
      }

      return {
        asked,
        forReader: (kind, reader) => draw(kind, reader, false),
        inPlace(audience) {
          const reader = readerIn(audience, request);
          return draw(kindOf(audience) ?? 'approval', reader, reader.kind !== 'everybody');
        },
        withoutQuestion: () => draw('status', everybody, true),
      };
    },
  };
}
