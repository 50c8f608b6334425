/** Drawing a request's card for whoever reads it in a place. */
import type { PersonId } from '../../domain/ids.ts';
import type { Portal } from '../../domain/ports/azure.ts';
import type { People } from '../../domain/ports/store.ts';
import { hasEnded, type Request } from '../../domain/request/request.ts';
import type { AdaptiveCard } from '../cards/render-card.ts';
import { withDoubt } from '../cards/views/doubt-line.ts';
import { withEvidence } from '../cards/views/evidence-button.ts';
import { withPortal } from '../cards/views/portal-line.ts';
import { everybody, hasViews, type Patience, type Reader } from '../cards/views/reader.ts';
import { type CardKind, requestCard } from '../cards/views/request-card.ts';
import { peopleOfStop } from '../cards/views/stop-view.ts';
import type { Asked } from './approvers.ts';
import { kindOf, readerIn } from './audience.ts';
import type { Directory } from './directory.ts';

export interface DrawingOptions {
  readonly directory: Directory;
  readonly people: Pick<People, 'among'>;
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

export interface Drawing {
  /** A person's own view of a card that others see as well. */
  forReader(kind: CardKind, request: Request, reader: Reader, asked: Asked): Promise<AdaptiveCard>;
  /** The card as it stands in a place. */
  inPlace(audience: string, request: Request, asked: Asked): Promise<AdaptiveCard>;
  /** What becomes of a request, without a question, in the chat of somebody who was asked and no longer is an approver. */
  withoutQuestion(request: Request, asked: Asked): Promise<AdaptiveCard>;
}

/** Teams: `refresh.userIds` takes 60. */
const mostRefreshed = 60;

function peopleIn(request: Request): PersonId[] {
  const ended = 'ended' in request && request.ended.by !== null ? [request.ended.by] : [];
  return [request.requester, ...request.approvals.map((approval) => approval.by), ...ended, ...peopleOfStop(request)];
}

export function openDrawing(options: DrawingOptions): Drawing {
  const { directory, people, paused, stepUp, evidence, patience, portal, contradicting, now } = options;

  /** Whose views Teams fetches: those it knows of the requester, of who approved, and of who was asked. */
  async function refreshedFor(request: Request, asked: Asked): Promise<readonly string[]> {
    if (!hasViews(request)) return [];
    const others = hasEnded(request) ? [] : [...request.approvals.map(({ by }) => by), ...asked.people];
    const ids = [request.requester, ...others];
    const known = await people.among([...new Set(ids)].slice(0, mostRefreshed));
    return known.map(({ memberId }) => memberId).sort();
  }

  /** `alone`: in a chat with one reader, whose card it is from the start. */
  async function draw(kind: CardKind, request: Request, reader: Reader, asked: Asked, alone: boolean) {
    const [names, witnesses, userIds] = await Promise.all([
      directory.names(peopleIn(request)),
      contradicting(),
      alone ? [] : refreshedFor(request, asked),
    ]);
    const { described: awaited, addressed } = asked;
    const card = requestCard(kind, request, {
      patience: { ...patience, now: now() },
      reader,
      names,
      awaited,
      addressed: alone ? [] : addressed,
      userIds,
      paused,
      stepUp,
    });
    if (kind === 'short') return withDoubt(card, witnesses);
    const whole = withPortal(card, portal, request.plan, request.outputs.keyVersion);
    return withDoubt(withEvidence(whole, request, evidence), witnesses);
  }

  return {
    forReader: (kind, request, reader, asked) => draw(kind, request, reader, asked, false),
    inPlace(audience, request, asked) {
      const reader = readerIn(audience, request);
      return draw(kindOf(audience) ?? 'approval', request, reader, asked, reader.kind !== 'everybody');
    },
    withoutQuestion: (request, asked) => draw('status', request, everybody, asked, true),
  };
}
