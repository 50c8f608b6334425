/** The reader of a request's card, and what the card needs besides the request. */
import type { PersonId } from '../../../domain/ids.ts';
import { changeRefusal } from '../../../domain/request/decide-change.ts';
import { endedInVain, hasEnded, type Request } from '../../../domain/request/request.ts';
import type { RetryLimits } from '../../../domain/retry.ts';
import type { Names } from '../../../text/words.ts';
import type { Addressee } from '../plain-text.ts';

/** Everyone in the conversation, or one person. A card grants no permission: every click is authorized again. */
export type Reader =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'requester' }
  /** `operator`: only while the request runs or needs attention. */
  | { readonly kind: 'approver' | 'operator'; readonly id: PersonId };

export const everybody: Reader = { kind: 'everybody' };

/** Time limits, and when the card is rendered. */
export interface TimeLimits {
  readonly now: Date;
  readonly retry: RetryLimits;
  /** Interval and maximum time of polling an operation. */
  readonly poll: { readonly everyMs: number; readonly atMostMs: number };
}

/** By an operator, or until the request's last decision is published. */
export type Paused = 'by-operator' | 'until-published';

export interface CardContext {
  readonly timeLimits: TimeLimits;
  readonly reader: Reader;
  readonly names: Names;
  /** Who can still decide, as text. */
  readonly awaited: string;
  /** Who is mentioned; empty in a place that notifies its reader anyway. */
  readonly addressed: readonly Addressee[];
  /** Member IDs of people whose own view Teams fetches, at most 60. */
  readonly userIds: readonly string[];
  /** Why runs don't change anything in Azure; false: they do. */
  readonly paused: Paused | false;
  /** Approving requires step-up authentication. */
  readonly stepUp: boolean;
}

/** Whether a person's card can differ from the shared one. */
export const hasViews = (request: Request): boolean => !hasEnded(request) || endedInVain(request);

/** Whether operators can act on it, beside requester and approvers. */
export const isOperated = ({ state }: Request): boolean => state === 'running' || state === 'needs-attention';

/** True for a reader who can retry and end the request; others see who can. */
export const maySettle = ({ reader }: CardContext): boolean => reader.kind !== 'everybody';

export const mayChange = (
  request: Request,
  { reader, timeLimits }: Pick<CardContext, 'reader' | 'timeLimits'>,
): boolean =>
  reader.kind === 'requester' &&
  changeRefusal(request, { by: request.requester, asking: request.asking }, timeLimits.now) === null;

/** The requester can submit a request again that ended without a change. */
export const mayAskAgain = (request: Request, { reader }: Pick<CardContext, 'reader'>): boolean =>
  reader.kind === 'requester' && endedInVain(request);
