/** What people wrote beside their decisions: read with their events, and gone once an event says that it was erased. */
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

/** The events before this one may still have been read with their texts. */
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
