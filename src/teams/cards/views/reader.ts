/** For whom a card of a request is drawn, and what it needs to know beside the request. */
import type { PersonId } from '../../../domain/ids.ts';
import type { Standing } from '../../../domain/policy/policy.ts';
import { changeRefusal } from '../../../domain/request/decide-change.ts';
import type { Request } from '../../../domain/request/request.ts';
import type { RetryLimits } from '../../../domain/retry.ts';
import type { Names } from '../../../text/names.ts';
import type { Addressee } from '../plain-text.ts';

/** Everybody who can see the place, or one person. What a card shows permits nothing: every click is judged anew. */
export type Reader =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'requester' }
  | { readonly kind: 'approver'; readonly id: PersonId };

export const everybody: Reader = { kind: 'everybody' };

/** How long things may take, and when the card is drawn. */
export interface Patience {
  readonly now: Date;
  readonly retry: RetryLimits;
  /** How often a running operation is looked at, and for how long. */
  readonly poll: { readonly everyMs: number; readonly atMostMs: number };
}

export interface CardContext {
  readonly patience: Patience;
  readonly reader: Reader;
  readonly names: Names;
  /** Who still has a say, in words. */
  readonly awaited: string;
  /** Who is spoken to by the question; empty where the place rings by itself. */
  readonly addressed: readonly Addressee[];
  /** Whose own view Teams fetches by itself, as member ids, at most 60. */
  readonly userIds: readonly string[];
  /** Runs are not started. */
  readonly paused: boolean;
  /** Approving needs a sign-in of its own. */
  readonly stepUp: boolean;
}

/** In these states a person may see another card than everybody. */
const differing: readonly Request['state'][] = [
  'awaiting-approval',
  'approved',
  'running',
  'needs-attention',
  ...(['rejected', 'cancelled', 'expired', 'failed'] as const),
];
export const hasViews = (request: Request): boolean => differing.includes(request.state);

export function readerOf(request: Request, person: PersonId, standing: Standing): Reader {
  if (person === request.requester) return { kind: 'requester' };
  return standing === 'yes' ? { kind: 'approver', id: person } : everybody;
}

/** Who may retry and give up; everybody else is told who can. */
export const maySettle = ({ reader }: CardContext): boolean => reader.kind !== 'everybody';

/** Whoever asked can change what waits for approval. */
export const mayChange = (request: Request, { reader, patience }: Pick<CardContext, 'reader' | 'patience'>): boolean =>
  reader.kind === 'requester' &&
  changeRefusal(request, { by: request.requester, asking: request.asking }, patience.now) === null;

/** Whoever asked can ask again for what came to nothing. */
export const mayAskAgain = ({ state }: Request, { reader }: Pick<CardContext, 'reader'>): boolean =>
  reader.kind === 'requester' && ['rejected', 'cancelled', 'expired', 'failed'].includes(state);
