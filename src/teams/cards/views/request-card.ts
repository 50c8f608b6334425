/** Renders a request's card, by place and reader. */
import type { Request } from '../../../domain/request/request.ts';
import type { AdaptiveCard } from '../render-card.ts';
import { approvalCard } from './approval-view.ts';
import type { CardContext } from './reader.ts';
import { shortCard } from './short-status-view.ts';
import { statusCard } from './status-view.ts';

/**
 * `status`: where it was requested. `approval`: where approvers are asked. `short`: for people who monitor all
 * requests.
 */
export type CardKind = 'status' | 'approval' | 'short';

/** During a decision, the requester never sees the approvers' question, and an approver always sees it. */
export function requestCard(kind: CardKind, request: Request, context: CardContext): AdaptiveCard {
  if (kind === 'short') return shortCard(request, context);
  const { reader } = context;
  const decidable = request.state === 'awaiting-approval' || request.state === 'approved';
  const approval = decidable && reader.kind !== 'everybody' ? reader.kind === 'approver' : kind === 'approval';
  return approval ? approvalCard(request, context) : statusCard(request, context);
}
