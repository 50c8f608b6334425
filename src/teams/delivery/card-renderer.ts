/** Renders a request's card for a reader and a place. */

import type { PersonId } from '../../domain/ids.ts';
import type { StepUp } from '../../domain/policy/sign-in.ts';
import type { Portal } from '../../domain/ports/azure.ts';
import type { KnownPerson } from '../../domain/ports/store.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { withPortal } from '../cards/views/parts.ts';
import type { Directory } from '../cards/views/people-texts.ts';
import { everybody, hasViews, type Reader, type TimeLimits } from '../cards/views/reader.ts';
import { type CardKind, requestCard, withEvidence } from '../cards/views/request-card.ts';
import { peopleOfStop } from '../cards/views/state-line.ts';
import { knownIn, type Source, type SourcesOptions, sourcesOf } from './addressees.ts';
import type { Approvers, AwaitedApprovers } from './approvers.ts';
import { kindOf, readerIn } from './audience.ts';

export interface CardRendererOptions extends SourcesOptions {
  /** They can act on a request that needs attention. */
  readonly operators: readonly string[];
  readonly directory: Directory;
  readonly approvers: Approvers;
  /** Runs don't start; cards show it. */
  readonly paused: boolean;
  /** Returns whether its run waits until its last decision is published. */
  readonly decisions: { isDelayed(request: Request): Promise<boolean> };
  /** Step-up authentication that approving requires; cards announce it. Null: none. */
  readonly stepUp: StepUp | null;
  /** The evidence pack of an ended request can be downloaded. */
  readonly hasEvidence: boolean;
  /** Null: the address of the Azure portal is unknown. */
  readonly portal: Portal | null;
  readonly timeLimits: Omit<TimeLimits, 'now'>;
  readonly now: () => Date;
}

/** A request with everything else that its cards show, read once for all of them. */
export type RequestView = Awaited<ReturnType<ReturnType<typeof openCardRenderer>>>;

const mostRefreshed = 60;
/** A click waits for it, where the directory’s last answer is too old. */
const dutyTimeoutMs = 1_500;

const noOne: AwaitedApprovers = { described: '', addressed: [], people: [], sources: [] };

function refreshedFor(request: Request, known: readonly KnownPerson[], sources: readonly Source[]): readonly string[] {
  if (!hasViews(request)) return [];
  const members = new Map([...known, ...knownIn(sources)].map(({ id, memberId }) => [id, memberId]));
  return [...members.values()].slice(0, mostRefreshed).sort();
}

export function openCardRenderer(options: CardRendererOptions) {
  const { people, directory, approvers, paused, hasEvidence, timeLimits, portal, now } = options;

  async function viewersOf(request: Request): Promise<readonly KnownPerson[]> {
    const ids = [request.requester, ...(hasEnded(request) ? [] : request.approvals.map(({ by }) => by))];
    const known = new Map((await people.among([...new Set(ids)])).map((one) => [one.id, one]));
    return ids.flatMap((id) => known.get(id) ?? []);
  }

  return async (request: Request, waiting?: 'click') => {
    const [asked, names, viewers, isDelayed, onDuty] = await Promise.all([
      hasEnded(request) ? noOne : approvers.of(request, waiting),
      directory.names(peopleIn(request)),
      viewersOf(request),
      options.decisions.isDelayed(request),
      request.state === 'needs-attention' ? sourcesOf(options, options.operators, [], dutyTimeoutMs) : [],
    ]);
    const notPublished = isDelayed ? 'until-published' : false;
    const userIds = refreshedFor(request, viewers, [...asked.sources, ...onDuty]);

    /** `alone`: a chat with one reader, whose card is theirs from the start. */
    function draw(kind: CardKind, reader: Reader, alone: boolean): AdaptiveCard {
      const card = requestCard(kind, request, {
        timeLimits: { ...timeLimits, now: now() },
        reader,
        names,
        awaited: asked.described,
        addressed: alone ? [] : asked.addressed,
        userIds: alone ? [] : userIds,
        paused: paused ? 'by-operator' : notPublished,
        stepUp: options.stepUp !== null,
      });
      if (kind === 'short') return card;
      const whole = withPortal(card, portal, request.plan, request.outputs.keyVersion);
      return withEvidence(whole, request, hasEvidence);
    }

    return {
      /** Empty once the request has ended: its cards don't show who could have decided. */
      asked,
      forReader: (kind: CardKind, reader: Reader) => draw(kind, reader, false),
      inPlace(audience: string) {
        const reader = readerIn(audience, request);
        return draw(kindOf(audience) ?? 'approval', reader, reader.kind !== 'everybody');
      },
      /** Renders the outcome without buttons, for the chat of a person who is no longer an approver. */
      withoutQuestion: () => draw('status', everybody, true),
    };
  };
}

function peopleIn(request: Request): readonly PersonId[] {
  const ended = 'ended' in request && request.ended.by !== null ? [request.ended.by] : [];
  const taken = request.takenOn === null ? [] : [request.takenOn.by];
  const approvers = request.approvals.map((approval) => approval.by);
  return [request.requester, ...approvers, ...ended, ...peopleOfStop(request), ...taken];
}
