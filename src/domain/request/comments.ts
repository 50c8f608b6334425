/** Comments on decisions. They're read with their events, and removed when an event says that they were erased. */
import type { StoredEvent } from './events.ts';
import type { Comment, Request } from './request.ts';

export const commentOf = ({ texts }: StoredEvent): Comment => ({
  comment: texts.comment ?? null,
  commentErased: texts.comment === null,
});

const withoutComment = <T extends Comment>(one: T): T => ({
  ...one,
  comment: null,
  commentErased: one.commentErased || one.comment !== null,
});

/** Removes all texts from a request whose earlier events were read with them. */
export function withoutTexts(request: Request): Request {
  const { changedFrom } = request;
  const without = {
    ...request,
    justification: null,
    approvals: request.approvals.map(withoutComment),
    changedFrom: changedFrom === null ? null : { ...changedFrom, justification: null },
  };
  if (without.state !== 'rejected' && without.state !== 'cancelled' && without.state !== 'failed') return without;
  return { ...without, ended: withoutComment(without.ended) };
}
