/** Renders a request's card for a reader and a place. */
import type { Portal } from '../../domain/ports/azure.ts';
import type { KnownPerson, People } from '../../domain/ports/store.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import { openDirectory } from '../cards/directory.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { withEvidence } from '../cards/views/evidence-button.ts';
import { withPortal } from '../cards/views/parts.ts';
import { everybody, hasViews, type Reader, type TimeLimits } from '../cards/views/reader.ts';
import { type CardKind, requestCard } from '../cards/views/request-card.ts';
import { withDoubt } from '../cards/views/witness-view.ts';
import { knownIn } from './addressees.ts';
import type { Approvers, AwaitedApprovers } from './approvers.ts';
import { kindOf, readerIn } from './audience.ts';
import { peopleIn } from './prefetch.ts';

export interface CardRendererOptions {
  readonly people: Pick<People, 'among'>;
  readonly approvers: Approvers;
  /** Runs don't start; cards show it. */
  readonly paused: boolean;
  /** Approving requires step-up authentication; cards announce it. */
  readonly stepUp: boolean;
  /** The evidence pack of an ended request can be downloaded. */
  readonly evidence: boolean;
  /** Null: the address of the Azure portal is unknown. */
  readonly portal: Portal | null;
  /** Time limits that cards show. */
  readonly timeLimits: Omit<TimeLimits, 'now'>;
  /** Names of witnesses that signed a different version of the log; cards show a warning. */
  readonly contradicting: () => Promise<readonly string[]>;
  readonly now: () => Date;
}

/** A request with everything else that its cards show, read once for all of them. */
export interface RequestView {
  /** Empty once the request has ended: its cards don't show who could have decided. */
  readonly asked: AwaitedApprovers;
  /** Renders a person's own view of a card that others see too. */
  forReader(kind: CardKind, reader: Reader): AdaptiveCard;
  inPlace(audience: string): AdaptiveCard;
  /** Renders the outcome without buttons, for the chat of a person who is no longer an approver. */
  withoutQuestion(): AdaptiveCard;
}

interface CardRenderer {
  /** `people`: source of names, if they shouldn't be read now. */
  of(request: Request, waiting?: 'click', people?: CardRendererOptions['people']): Promise<RequestView>;
}

/** Teams: `refresh.userIds` takes 60. */
const mostRefreshed = 60;

const nobody: AwaitedApprovers = { described: '', addressed: [], people: [], sources: [] };

/** Returns the people whose views Teams fetches: requester, approvers, and those who can decide. */
function refreshedFor(
  request: Request,
  known: readonly KnownPerson[],
  { sources }: AwaitedApprovers,
): readonly string[] {
  if (!hasViews(request)) return [];
  const members = new Map([...known, ...knownIn(sources)].map(({ id, memberId }) => [id, memberId]));
  return [...members.values()].slice(0, mostRefreshed).sort();
}

export function openCardRenderer(options: CardRendererOptions): CardRenderer {
  const { approvers, paused, stepUp, evidence, timeLimits, portal, contradicting, now } = options;

  /** Returns the people who have their own view, as far as Teams knows them. */
  async function viewersOf(request: Request, people: CardRendererOptions['people']): Promise<readonly KnownPerson[]> {
    const ids = [request.requester, ...(hasEnded(request) ? [] : request.approvals.map(({ by }) => by))];
    const known = new Map((await people.among([...new Set(ids)])).map((one) => [one.id, one]));
    return ids.flatMap((id) => known.get(id) ?? []);
  }

  return {
    async of(request, waiting, people = options.people) {
      const [asked, names, viewers, witnesses] = await Promise.all([
        hasEnded(request) ? nobody : approvers.of(request, waiting),
        openDirectory(people).names(peopleIn(request)),
        viewersOf(request, people),
        // Nothing would take the warning off the card of an ended request.
        hasEnded(request) ? [] : contradicting(),
      ]);
      const userIds = refreshedFor(request, viewers, asked);

      /** `alone`: a chat with one reader, whose card is theirs from the start. */
      function draw(kind: CardKind, reader: Reader, alone: boolean): AdaptiveCard {
        const card = requestCard(kind, request, {
          timeLimits: { ...timeLimits, now: now() },
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
